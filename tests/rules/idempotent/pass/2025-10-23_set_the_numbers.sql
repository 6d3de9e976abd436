BEGIN;
SELECT setval('company.numbers', 5000);
ALTER SEQUENCE company.numbers INCREMENT BY 1 RESTART WITH 7000;
ALTER TABLE people.master ALTER COLUMN id RESTART WITH 100;
SELECT setval(
    pg_get_serial_sequence('company.master', 'id'),
    (SELECT coalesce(max(id), 0) + 1 FROM company.master),
    false
);
COMMIT;
