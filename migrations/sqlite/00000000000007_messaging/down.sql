DROP TABLE attachments;
DROP TABLE blocks;
DROP TABLE reactions;
DROP INDEX participants_by_activity;
ALTER TABLE participants DROP COLUMN activity_at;
ALTER TABLE participants DROP COLUMN uncounted;
