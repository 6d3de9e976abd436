BEGIN;
CREATE TABLE company.deal (id bigint PRIMARY KEY, stage company.stage NOT NULL);
INSERT INTO company.deal VALUES (1, 'new'), (2, 'won');
COMMIT;
