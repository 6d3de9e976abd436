BEGIN;
CREATE TABLE company.import (id bigint PRIMARY KEY, raw text NOT NULL, source text);
COMMENT ON COLUMN company.import.raw IS 'DEPRECATED';
COMMENT ON COLUMN company.import.source IS 'DEPRECATED soon';
COMMENT ON COLUMN company.log.note IS 'DEPRECATED';
COMMIT;
