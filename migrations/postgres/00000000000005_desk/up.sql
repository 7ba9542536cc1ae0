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

-- Words of messages and of customers' names. Marks and signs part words, as in the other database; they are
-- written out, because what counts as a letter depends on the database's locale. The queries repeat the expression.
CREATE INDEX search_messages ON messages
    USING GIN (to_tsvector('simple'::regconfig, regexp_replace(content, '[\u0001-\u002F\u003A-\u0040\u005B-\u0060\u007B-\u00A9\u00AB-\u00B4\u00B6-\u00B9\u00BB-\u00BF\u00D7\u00F7\u2000-\u206F\u2190-\u2BFF\u3000-\u303F\uFF00-\uFF0F]+', ' ', 'g')))
    WHERE sender_role <> 'system';
CREATE INDEX search_names ON conversations
    USING GIN (to_tsvector('simple'::regconfig, regexp_replace(customer_name, '[\u0001-\u002F\u003A-\u0040\u005B-\u0060\u007B-\u00A9\u00AB-\u00B4\u00B6-\u00B9\u00BB-\u00BF\u00D7\u00F7\u2000-\u206F\u2190-\u2BFF\u3000-\u303F\uFF00-\uFF0F]+', ' ', 'g')));
