-- a temporary table is gone with the connection
CREATE TEMPORARY TABLE import (domain text);
INSERT INTO import VALUES ('acme.example'), ('globex.example');
BEGIN;
INSERT INTO company.master (domain) SELECT domain FROM import;
COMMIT;
DROP TABLE import;
