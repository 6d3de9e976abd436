BEGIN;
CREATE OR REPLACE FUNCTION company.drop_later(tab regclass, col name, how text DEFAULT 'DROP') RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE concat_ws(' ', 'ALTER TABLE', tab, how, 'COLUMN', quote_ident(col));
END $$;
CREATE OR REPLACE PROCEDURE company.run_later(commands text[]) LANGUAGE plpgsql AS $$
BEGIN
    FOR i IN 1..cardinality(commands) LOOP EXECUTE commands[i]; END LOOP;
END $$;
REVOKE EXECUTE ON FUNCTION company.drop_later(regclass, name, text) FROM PUBLIC;
COMMIT;
