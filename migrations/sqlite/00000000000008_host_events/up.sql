-- Durable events of the host application, numbered in the order in which they became durable.
CREATE TABLE host_events (
    number BIGINT PRIMARY KEY NOT NULL,
    id TEXT NOT NULL UNIQUE,
    audience TEXT NOT NULL CHECK (audience IN ('user', 'role', 'all')),
    target TEXT NOT NULL,
    kind TEXT NOT NULL,
    data TEXT NOT NULL,
    priority TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX host_events_by_target ON host_events (audience, target, number);
CREATE INDEX host_events_by_end ON host_events (expires_at);
-- The last number given out; its row is the lock that keeps numbers and commits in one order.
CREATE TABLE counters (
    name TEXT PRIMARY KEY NOT NULL,
    value BIGINT NOT NULL
);
INSERT INTO counters (name, value) VALUES ('host_events', 0);
-- How far a person's devices have come, and up to which number everything is read.
CREATE TABLE event_marks (
    user_id TEXT PRIMARY KEY NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    delivered BIGINT NOT NULL,
    read_up_to BIGINT NOT NULL
);
-- What is read above that number.
CREATE TABLE event_reads (
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    number BIGINT NOT NULL REFERENCES host_events (number) ON DELETE CASCADE,
    PRIMARY KEY (user_id, number)
);
CREATE INDEX event_reads_by_event ON event_reads (number);
