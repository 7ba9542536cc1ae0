DROP TABLE event_reads;
DROP TABLE event_marks;
DROP TABLE counters;
DROP TABLE host_events;
