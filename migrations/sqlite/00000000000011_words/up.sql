-- Marks belong to the words they stand in: vowel signs of Thai and the Indian scripts, accents that are letters of their
-- own. And the places of words are kept, so that whatever the tokenizer splits can still be asked for as one.
DROP TRIGGER messages_into_search;
DROP TRIGGER names_into_search;
DROP TRIGGER changed_names_into_search;
DROP TABLE search_messages;
DROP TABLE search_names;
DROP TABLE IF EXISTS search_messages_content;
DROP TABLE IF EXISTS search_names_content;

CREATE VIRTUAL TABLE search_messages USING fts5 (
    content, message_id UNINDEXED,
    content = '', contentless_delete = 1, contentless_unindexed = 1, detail = full,
    tokenize = "unicode61 remove_diacritics 0 categories 'L* N* M*'"
);
CREATE TRIGGER messages_into_search AFTER INSERT ON messages WHEN new.sender_role <> 'system' BEGIN
    INSERT INTO search_messages (content, message_id) VALUES (new.content, new.id);
END;
INSERT INTO search_messages (content, message_id)
    SELECT content, id FROM messages WHERE sender_role <> 'system' AND deleted_at IS NULL ORDER BY created_at, seq;

CREATE VIRTUAL TABLE search_names USING fts5 (
    customer_name, conversation_id UNINDEXED,
    content = '', contentless_delete = 1, contentless_unindexed = 1, detail = full,
    tokenize = "unicode61 remove_diacritics 0 categories 'L* N* M*'"
);
CREATE TRIGGER names_into_search AFTER INSERT ON conversations BEGIN
    INSERT INTO search_names (customer_name, conversation_id) VALUES (new.customer_name, new.id);
END;
CREATE TRIGGER changed_names_into_search AFTER UPDATE OF customer_name ON conversations
    WHEN new.customer_name <> old.customer_name BEGIN
    INSERT INTO search_names (customer_name, conversation_id) VALUES (new.customer_name, new.id);
END;
INSERT INTO search_names (customer_name, conversation_id) SELECT customer_name, id FROM conversations ORDER BY created_at;
