BEGIN;
DO -- expect: idempotent
$$
BEGIN
    IF EXISTS (SELECT FROM pg_constraint WHERE conname = 'master_fax_check') THEN
        ALTER TABLE company.master DROP CONSTRAINT master_fax_check;
    ELSE
        ALTER TABLE company.master ADD CONSTRAINT master_fax_check CHECK (fax <> '');
    END IF;
END
$$;
COMMIT;
