-- In-app messages. What is unread is last_seq - last_read_seq - uncounted: nobody counts rows of messages for a list.
-- uncounted: messages after the read mark that are no news to this person (their own, and taken back ones).
-- activity_at: the conversation's newest message, so that a person's list is read from one index; null for support.
ALTER TABLE participants ADD COLUMN uncounted BIGINT NOT NULL DEFAULT 0;
ALTER TABLE participants ADD COLUMN activity_at BIGINT;
CREATE INDEX participants_by_activity ON participants (user_id, activity_at, conversation_id)
    WHERE activity_at IS NOT NULL;

CREATE TABLE reactions (
    message_id TEXT NOT NULL REFERENCES messages (id),
    user_id TEXT NOT NULL REFERENCES users (id),
    emoji TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (message_id, user_id, emoji)
);

-- user_id does not want to hear from blocked_id.
CREATE TABLE blocks (
    user_id TEXT NOT NULL REFERENCES users (id),
    blocked_id TEXT NOT NULL REFERENCES users (id),
    at BIGINT NOT NULL,
    PRIMARY KEY (user_id, blocked_id)
);

-- A file belongs to its owner until a message takes it.
CREATE TABLE attachments (
    id TEXT PRIMARY KEY NOT NULL,
    owner_id TEXT NOT NULL REFERENCES users (id),
    message_id TEXT REFERENCES messages (id),
    name TEXT NOT NULL,
    media_type TEXT NOT NULL,
    bytes BIGINT NOT NULL,
    width INTEGER,
    height INTEGER,
    thumbnail BOOLEAN NOT NULL DEFAULT FALSE,
    created_at BIGINT NOT NULL
);
CREATE INDEX attachments_by_message ON attachments (message_id) WHERE message_id IS NOT NULL;
CREATE INDEX attachments_unused ON attachments (created_at) WHERE message_id IS NULL;
