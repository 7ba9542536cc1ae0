ALTER TABLE wait_samples DROP COLUMN predicted_p90_s;
ALTER TABLE queue_entries DROP COLUMN predicted_p90_s;
