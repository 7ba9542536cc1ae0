-- Addresses of the host application that are told what happens.
CREATE TABLE webhooks (
    id TEXT PRIMARY KEY NOT NULL,
    url TEXT NOT NULL,
    description TEXT,
    events TEXT NOT NULL,
    secret TEXT NOT NULL,
    -- Pairs of a secret and until when it signs as well, the newest first.
    old_secrets TEXT NOT NULL,
    disabled TEXT CHECK (disabled IN ('by_admin', 'gone', 'too_far_behind')),
    -- From then on it is there for nobody; it goes when its deliveries have gone.
    removed_at BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
-- What they are told, written in the transaction of what happened and numbered in that order.
CREATE TABLE webhook_deliveries (
    number BIGINT PRIMARY KEY NOT NULL,
    id TEXT NOT NULL UNIQUE,
    webhook_id TEXT NOT NULL REFERENCES webhooks (id) ON DELETE CASCADE,
    event_id TEXT NOT NULL,
    event TEXT NOT NULL,
    conversation_id TEXT,
    body TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'delivered', 'dead')),
    tries INTEGER NOT NULL CHECK (tries >= 0),
    -- How often it was asked for again: how an older try went is no longer of interest.
    asked INTEGER NOT NULL DEFAULT 0,
    due_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    ended_at BIGINT,
    last_at BIGINT,
    last_took_ms BIGINT,
    last_status INTEGER,
    last_error TEXT,
    last_excerpt TEXT
);
CREATE INDEX webhook_deliveries_by_state ON webhook_deliveries (webhook_id, state, number);
CREATE INDEX webhook_deliveries_by_end ON webhook_deliveries (state, ended_at);
INSERT INTO counters (name, value) VALUES ('webhook_deliveries', 0);
