CREATE TABLE company.import (id bigint, raw text);
INSERT INTO company.import SELECT 1, 'x';
ALTER TABLE company.import DROP COLUMN raw;
