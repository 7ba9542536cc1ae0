-- Since when an agent's status is what it is.
ALTER TABLE agents ADD COLUMN status_since BIGINT;

-- The decision log over all conversations is read from its newest end.
CREATE INDEX decisions_by_time ON decisions (at, id);
