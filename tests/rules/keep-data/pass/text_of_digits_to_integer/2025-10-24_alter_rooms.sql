BEGIN;
ALTER TABLE company.room
    ALTER COLUMN seats TYPE integer USING seats::integer,
    ALTER COLUMN opened TYPE date USING opened::date;
COMMIT;
