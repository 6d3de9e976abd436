BEGIN;
CREATE TABLE IF NOT EXISTS marketing.channel (
    id smallint GENERATED ALWAYS AS IDENTITY,
    name text NOT NULL
);
TRUNCATE marketing.channel RESTART IDENTITY;
INSERT INTO marketing.channel (name) VALUES ('mail'), ('phone'), ('fair');
COMMIT;
