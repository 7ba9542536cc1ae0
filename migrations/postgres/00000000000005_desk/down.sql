DROP INDEX search_names;
DROP INDEX search_messages;
DROP INDEX queue_entries_waiting;
DROP INDEX conversations_by_start;
DROP TABLE audit_log;
DROP TABLE page_views;
DROP TABLE canned_responses;
