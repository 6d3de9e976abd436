-- with all of their columns, which is another guideline's business
BEGIN;
DROP TABLE company.slot;
DO $$
BEGIN
    EXECUTE (SELECT string_agg('DROP TABLE ' || oid::regclass || ' CASCADE', ';') FROM pg_class WHERE relname = 'log');
END $$;
DROP TABLE people.master, company.master CASCADE;
COMMIT;
