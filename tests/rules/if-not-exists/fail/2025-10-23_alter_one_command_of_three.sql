ALTER TABLE company.master
    ADD COLUMN IF NOT EXISTS tier text,
    ADD COLUMN score integer DEFAULT greatest(1, 2), -- expect: if-not-exists
    DROP CONSTRAINT IF EXISTS master_fax_check,
    ADD rank integer; -- expect: if-not-exists
