-- Words of texts are split by PostgreSQL's own parser on both sides; only the other database's index changes.
SELECT 1;
