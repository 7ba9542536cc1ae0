-- Answers that agents keep ready; owner_id '' = shared by all.
CREATE TABLE canned_responses (
    id TEXT PRIMARY KEY NOT NULL,
    owner_id TEXT NOT NULL,
    shortcut TEXT NOT NULL,
    title TEXT NOT NULL,
    content TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (owner_id, shortcut)
);

-- Which pages a customer looked at.
CREATE TABLE page_views (
    id TEXT PRIMARY KEY NOT NULL,
    conversation_id TEXT NOT NULL REFERENCES conversations (id),
    url TEXT NOT NULL,
    title TEXT,
    at BIGINT NOT NULL
);
CREATE INDEX page_views_by_conversation ON page_views (conversation_id, at);

-- Who changed what. No secrets, no messages.
CREATE TABLE audit_log (
    id TEXT PRIMARY KEY NOT NULL,
    at BIGINT NOT NULL,
    actor_id TEXT,
    actor_role TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    details TEXT
);
CREATE INDEX audit_log_by_time ON audit_log (at, id);
CREATE INDEX audit_log_by_actor ON audit_log (actor_id, at);
CREATE INDEX audit_log_by_action ON audit_log (action, at);

-- Statistics read conversations by the moment they began.
CREATE INDEX conversations_by_start ON conversations (created_at);
CREATE INDEX queue_entries_waiting ON queue_entries (queued_at, id) WHERE ended_at IS NULL;

-- Words of messages and of customers' names. The texts themselves stay in their own tables; the triggers run in the
-- transaction that inserts the row, so the index is never ahead or behind.
CREATE VIRTUAL TABLE search_messages USING fts5 (
    content, message_id UNINDEXED,
    content = '', contentless_delete = 1, contentless_unindexed = 1, detail = none,
    tokenize = 'unicode61 remove_diacritics 0'
);
CREATE TRIGGER messages_into_search AFTER INSERT ON messages WHEN new.sender_role <> 'system' BEGIN
    INSERT INTO search_messages (content, message_id) VALUES (new.content, new.id);
END;
INSERT INTO search_messages (content, message_id)
    SELECT content, id FROM messages WHERE sender_role <> 'system' ORDER BY created_at, seq;

CREATE VIRTUAL TABLE search_names USING fts5 (
    customer_name, conversation_id UNINDEXED,
    content = '', contentless_delete = 1, contentless_unindexed = 1, detail = none,
    tokenize = 'unicode61 remove_diacritics 0'
);
CREATE TRIGGER names_into_search AFTER INSERT ON conversations BEGIN
    INSERT INTO search_names (customer_name, conversation_id) VALUES (new.customer_name, new.id);
END;
CREATE TRIGGER changed_names_into_search AFTER UPDATE OF customer_name ON conversations
    WHEN new.customer_name <> old.customer_name BEGIN
    INSERT INTO search_names (customer_name, conversation_id) VALUES (new.customer_name, new.id);
END;
INSERT INTO search_names (customer_name, conversation_id) SELECT customer_name, id FROM conversations ORDER BY created_at;
