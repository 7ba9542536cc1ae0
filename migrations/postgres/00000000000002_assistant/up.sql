ALTER TABLE chatbots ADD COLUMN provider TEXT;
ALTER TABLE chatbots ADD COLUMN model TEXT;
ALTER TABLE chatbots ADD COLUMN prompt TEXT NOT NULL DEFAULT '';
ALTER TABLE chatbots ADD COLUMN knowledge_tags TEXT NOT NULL DEFAULT '[]';
ALTER TABLE chatbots ADD COLUMN hand_off TEXT CHECK (hand_off IN ('at_once', 'ask'));
ALTER TABLE chatbots ADD COLUMN theme TEXT;
