-- What failed inside its transaction is the finding, not that the transaction is left open behind it.
-- replay: 23502
BEGIN;
CREATE TABLE IF NOT EXISTS company.note (id bigint PRIMARY KEY, body text NOT NULL);
INSERT INTO company.note (id) VALUES (1); -- expect: replay
COMMIT;
