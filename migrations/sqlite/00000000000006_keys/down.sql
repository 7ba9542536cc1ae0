-- A reservation without an answer means nothing to the version before.
DELETE FROM idempotency WHERE status = 0;
ALTER TABLE idempotency DROP COLUMN holder;
