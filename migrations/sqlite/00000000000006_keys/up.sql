-- Which attempt reserved a key; status 0 = no answer yet.
ALTER TABLE idempotency ADD COLUMN holder TEXT NOT NULL DEFAULT '';
