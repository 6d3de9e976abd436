-- every conflict uses up a number of the identity
BEGIN;
CREATE TABLE IF NOT EXISTS company.country (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code text NOT NULL UNIQUE
);
INSERT INTO company.country (code) VALUES ('at'), ('ch'), ('de') ON CONFLICT (code) DO NOTHING;
SELECT nextval('company.numbers');
COMMIT;
