CREATE TABLE meta (
    key TEXT PRIMARY KEY NOT NULL,
    value TEXT NOT NULL
);

CREATE TABLE users (
    id TEXT PRIMARY KEY NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('customer', 'agent', 'admin')),
    name TEXT NOT NULL,
    email TEXT,
    created_at BIGINT NOT NULL,
    disabled BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE INDEX users_by_role ON users (role);

CREATE TABLE credentials (
    user_id TEXT PRIMARY KEY NOT NULL REFERENCES users (id),
    email TEXT NOT NULL UNIQUE,
    password_hash TEXT NOT NULL
);

CREATE TABLE agents (
    id TEXT PRIMARY KEY NOT NULL REFERENCES users (id),
    name TEXT NOT NULL,
    availability TEXT NOT NULL
        CHECK (availability IN ('available', 'away', 'draining', 'offline', 'not_responding')),
    reason TEXT,
    presence TEXT NOT NULL CHECK (presence IN ('connected', 'grace', 'gone')),
    grace_until BIGINT,
    capacity_limit INTEGER NOT NULL CHECK (capacity_limit >= 0),
    used_units INTEGER NOT NULL DEFAULT 0 CHECK (used_units >= 0),
    held_units INTEGER NOT NULL DEFAULT 0 CHECK (held_units >= 0),
    over_units INTEGER NOT NULL DEFAULT 0 CHECK (over_units >= 0),
    skills TEXT NOT NULL,
    teams TEXT NOT NULL,
    missed_offers INTEGER NOT NULL DEFAULT 0,
    last_assigned_at BIGINT,
    last_seen_at BIGINT,
    CHECK (used_units + held_units <= capacity_limit + over_units)
);

CREATE TABLE chatbots (
    id TEXT PRIMARY KEY NOT NULL,
    name TEXT NOT NULL,
    greeting TEXT NOT NULL,
    routing_mode TEXT CHECK (routing_mode IN ('auto', 'offer', 'manual')),
    closed_policy TEXT CHECK (closed_policy IN ('offline_message', 'ai', 'queue_anyway')),
    allowed_origins TEXT NOT NULL,
    time_zone TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE TABLE business_hours (
    chatbot_id TEXT NOT NULL REFERENCES chatbots (id),
    weekday INTEGER NOT NULL CHECK (weekday BETWEEN 0 AND 6),
    from_minute INTEGER NOT NULL,
    to_minute INTEGER NOT NULL,
    PRIMARY KEY (chatbot_id, weekday, from_minute)
);

CREATE TABLE holidays (
    chatbot_id TEXT NOT NULL REFERENCES chatbots (id),
    place INTEGER NOT NULL,
    date TEXT NOT NULL,
    name TEXT NOT NULL,
    intervals TEXT NOT NULL,
    PRIMARY KEY (chatbot_id, place)
);

CREATE TABLE conversations (
    id TEXT PRIMARY KEY NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('support', 'guest_staff', 'staff_staff', 'guest_guest', 'group')),
    status TEXT NOT NULL
        CHECK (status IN ('ACTIVE', 'WAITING_FOR_AGENT', 'OFFERED', 'AGENT_ASSIGNED', 'WRAP_UP', 'CLOSED')),
    handler TEXT NOT NULL CHECK (handler IN ('ai', 'human')),
    chatbot_id TEXT REFERENCES chatbots (id),
    customer_id TEXT NOT NULL REFERENCES users (id),
    customer_name TEXT NOT NULL,
    subject TEXT,
    client_id TEXT,
    assigned_agent_id TEXT REFERENCES agents (id),
    escalation_requested BOOLEAN NOT NULL DEFAULT FALSE,
    escalation_reason TEXT,
    escalation_requested_at BIGINT,
    escalated_at BIGINT,
    assigned_at BIGINT,
    first_response_at BIGINT,
    closed_at BIGINT,
    close_reason TEXT,
    priority INTEGER NOT NULL DEFAULT 0,
    skills TEXT NOT NULL,
    last_seq BIGINT NOT NULL DEFAULT 0,
    last_note_seq BIGINT NOT NULL DEFAULT 0,
    last_message_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    idle_warned_at BIGINT,
    wrap_up_until BIGINT,
    version BIGINT NOT NULL DEFAULT 1,
    metadata TEXT,
    UNIQUE (customer_id, client_id)
);
CREATE INDEX conversations_by_customer ON conversations (customer_id, last_message_at);
CREATE INDEX conversations_by_agent ON conversations (assigned_agent_id, last_message_at);
CREATE INDEX conversations_by_activity ON conversations (last_message_at, id);
CREATE INDEX conversations_open ON conversations (kind, status, last_message_at);

CREATE TABLE participants (
    conversation_id TEXT NOT NULL REFERENCES conversations (id),
    user_id TEXT NOT NULL REFERENCES users (id),
    role TEXT NOT NULL CHECK (role IN ('owner', 'participant', 'staff')),
    name TEXT NOT NULL,
    last_read_seq BIGINT NOT NULL DEFAULT 0,
    muted BOOLEAN NOT NULL DEFAULT FALSE,
    archived BOOLEAN NOT NULL DEFAULT FALSE,
    joined_at BIGINT NOT NULL,
    left_at BIGINT,
    PRIMARY KEY (conversation_id, user_id)
);
CREATE INDEX participants_by_user ON participants (user_id);

CREATE TABLE messages (
    id TEXT PRIMARY KEY NOT NULL,
    conversation_id TEXT NOT NULL REFERENCES conversations (id),
    seq BIGINT NOT NULL,
    sender_id TEXT,
    sender_name TEXT NOT NULL,
    sender_role TEXT NOT NULL CHECK (sender_role IN ('customer', 'agent', 'ai', 'system')),
    kind TEXT NOT NULL CHECK (kind IN ('text', 'system', 'automated', 'transfer_request')),
    content TEXT NOT NULL,
    ai_generated BOOLEAN NOT NULL DEFAULT FALSE,
    client_id TEXT,
    reply_to TEXT,
    metadata TEXT,
    created_at BIGINT NOT NULL,
    edited_at BIGINT,
    deleted_at BIGINT,
    UNIQUE (conversation_id, seq),
    UNIQUE (conversation_id, sender_id, client_id)
);

CREATE TABLE notes (
    id TEXT PRIMARY KEY NOT NULL,
    conversation_id TEXT NOT NULL REFERENCES conversations (id),
    note_seq BIGINT NOT NULL,
    author_id TEXT,
    author_name TEXT NOT NULL,
    content TEXT NOT NULL,
    client_id TEXT,
    created_at BIGINT NOT NULL,
    UNIQUE (conversation_id, note_seq),
    UNIQUE (conversation_id, author_id, client_id)
);

CREATE TABLE queue_entries (
    id TEXT PRIMARY KEY NOT NULL,
    conversation_id TEXT NOT NULL REFERENCES conversations (id),
    status TEXT NOT NULL
        CHECK (status IN ('waiting', 'offered', 'assigned', 'canceled', 'abandoned', 'expired')),
    queued_at BIGINT NOT NULL,
    base_priority INTEGER NOT NULL,
    effective_priority INTEGER NOT NULL,
    skills TEXT NOT NULL,
    excluded TEXT NOT NULL,
    resets INTEGER NOT NULL DEFAULT 0,
    sticky_agent_id TEXT,
    sticky_until BIGINT,
    age_at BIGINT,
    relax_at BIGINT,
    retry_at BIGINT,
    max_wait_at BIGINT,
    abandon_at BIGINT,
    predicted_wait_s BIGINT,
    ended_at BIGINT
);
CREATE UNIQUE INDEX queue_entries_open ON queue_entries (conversation_id) WHERE ended_at IS NULL;
CREATE INDEX queue_entries_by_conversation ON queue_entries (conversation_id, queued_at);

CREATE TABLE offers (
    id TEXT PRIMARY KEY NOT NULL,
    conversation_id TEXT NOT NULL REFERENCES conversations (id),
    agent_id TEXT NOT NULL REFERENCES agents (id),
    from_agent_id TEXT,
    team TEXT,
    note TEXT,
    excluded TEXT NOT NULL,
    status TEXT NOT NULL
        CHECK (status IN ('pending', 'accepted', 'declined', 'timed_out', 'rescinded', 'canceled')),
    reason TEXT,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    ended_at BIGINT
);
CREATE UNIQUE INDEX offers_pending ON offers (conversation_id, agent_id) WHERE status = 'pending';
CREATE INDEX offers_by_agent ON offers (agent_id, created_at);

CREATE TABLE assignments (
    id TEXT PRIMARY KEY NOT NULL,
    conversation_id TEXT NOT NULL REFERENCES conversations (id),
    agent_id TEXT NOT NULL REFERENCES agents (id),
    assigned_at BIGINT NOT NULL,
    manual BOOLEAN NOT NULL DEFAULT FALSE,
    ended_at BIGINT,
    end_reason TEXT
);
CREATE UNIQUE INDEX assignments_open ON assignments (conversation_id) WHERE ended_at IS NULL;
CREATE INDEX assignments_by_conversation ON assignments (conversation_id, assigned_at);

CREATE TABLE decisions (
    id TEXT PRIMARY KEY NOT NULL,
    conversation_id TEXT NOT NULL REFERENCES conversations (id),
    at BIGINT NOT NULL,
    outcome TEXT NOT NULL,
    agent_id TEXT,
    candidates TEXT NOT NULL,
    candidates_left_out INTEGER NOT NULL,
    rule INTEGER NOT NULL,
    manual BOOLEAN NOT NULL DEFAULT FALSE,
    note TEXT
);
CREATE INDEX decisions_by_conversation ON decisions (conversation_id, id);

CREATE TABLE wait_samples (
    id TEXT PRIMARY KEY NOT NULL,
    conversation_id TEXT NOT NULL REFERENCES conversations (id),
    queued_at BIGINT NOT NULL,
    waited_ms BIGINT NOT NULL,
    predicted_s BIGINT,
    outcome TEXT NOT NULL
);
CREATE INDEX wait_samples_by_time ON wait_samples (queued_at);

CREATE TABLE ratings (
    conversation_id TEXT PRIMARY KEY NOT NULL REFERENCES conversations (id),
    user_id TEXT NOT NULL REFERENCES users (id),
    score INTEGER NOT NULL CHECK (score BETWEEN 1 AND 5),
    comment TEXT,
    at BIGINT NOT NULL
);

CREATE TABLE service_stats (
    id INTEGER PRIMARY KEY NOT NULL CHECK (id = 1),
    served BIGINT NOT NULL,
    holding_time_ewma_ms BIGINT NOT NULL,
    abandoned BIGINT NOT NULL,
    waited_total_ms BIGINT NOT NULL,
    bias_ewma_permille BIGINT NOT NULL,
    bias_samples BIGINT NOT NULL,
    last_wait_ms BIGINT
);

CREATE TABLE refresh_tokens (
    token_hash TEXT PRIMARY KEY NOT NULL,
    login_id TEXT NOT NULL,
    user_id TEXT NOT NULL REFERENCES users (id),
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT
);
CREATE INDEX refresh_tokens_by_login ON refresh_tokens (login_id);

CREATE TABLE revoked_logins (
    login_id TEXT PRIMARY KEY NOT NULL,
    until BIGINT NOT NULL
);

CREATE TABLE idempotency (
    user_id TEXT NOT NULL,
    key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    status INTEGER NOT NULL,
    body TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (user_id, key)
);
CREATE INDEX idempotency_by_time ON idempotency (at);

INSERT INTO meta (key, value) VALUES ('epoch', lower(hex(randomblob(16))));
