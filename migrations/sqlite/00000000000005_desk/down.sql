DROP TRIGGER changed_names_into_search;
DROP TRIGGER names_into_search;
DROP TABLE search_names;
DROP TRIGGER messages_into_search;
DROP TABLE search_messages;
DROP INDEX queue_entries_waiting;
DROP INDEX conversations_by_start;
DROP TABLE audit_log;
DROP TABLE page_views;
DROP TABLE canned_responses;
-- The columns that are kept but not indexed have a table of their own, which SQLite 3.53 leaves behind.
DROP TABLE IF EXISTS search_names_content;
DROP TABLE IF EXISTS search_messages_content;
