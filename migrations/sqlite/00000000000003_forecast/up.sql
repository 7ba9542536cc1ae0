ALTER TABLE queue_entries ADD COLUMN predicted_p90_s BIGINT;
ALTER TABLE wait_samples ADD COLUMN predicted_p90_s BIGINT;
