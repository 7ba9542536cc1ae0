ALTER TABLE chatbots ADD COLUMN pre_chat TEXT NOT NULL DEFAULT '[]';
ALTER TABLE chatbots ADD COLUMN languages TEXT NOT NULL DEFAULT '[]';
ALTER TABLE chatbots ADD COLUMN powered_by TEXT;
-- Who an anonymous customer turned out to be.
CREATE TABLE merged_users (
    user_id TEXT PRIMARY KEY NOT NULL REFERENCES users (id),
    into_id TEXT NOT NULL REFERENCES users (id),
    at BIGINT NOT NULL
);
