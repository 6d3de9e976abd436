BEGIN;
CREATE FUNCTION company.deprecate(tab regclass, col name, why text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE concat_ws(' ', 'COMMENT ON', 'COLUMN', tab::text || '.' || quote_ident(col), 'IS', quote_literal(why));
END $$;
COMMIT;
