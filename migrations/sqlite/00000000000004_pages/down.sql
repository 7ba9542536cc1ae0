DROP TABLE merged_users;
ALTER TABLE chatbots DROP COLUMN powered_by;
ALTER TABLE chatbots DROP COLUMN languages;
ALTER TABLE chatbots DROP COLUMN pre_chat;
