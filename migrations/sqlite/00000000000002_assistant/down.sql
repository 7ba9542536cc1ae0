ALTER TABLE chatbots DROP COLUMN theme;
ALTER TABLE chatbots DROP COLUMN hand_off;
ALTER TABLE chatbots DROP COLUMN knowledge_tags;
ALTER TABLE chatbots DROP COLUMN prompt;
ALTER TABLE chatbots DROP COLUMN model;
ALTER TABLE chatbots DROP COLUMN provider;
