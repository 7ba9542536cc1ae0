DROP INDEX decisions_by_time;
ALTER TABLE agents DROP COLUMN status_since;
