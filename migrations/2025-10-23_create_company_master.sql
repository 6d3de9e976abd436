-- ─────────────────────────────────────────────
-- 📁 CTB Classification Metadata
-- ─────────────────────────────────────────────
-- CTB Branch: data/migrations
-- Barton ID: 05.01.02
-- Unique ID: CTB-ACC5BD15
-- Last Updated: 2025-10-23
-- Enforcement: ORBT
-- ─────────────────────────────────────────────

-- Description: Create the company schema with its golden record and the history of every change of it

BEGIN;

CREATE SCHEMA IF NOT EXISTS company;

COMMENT ON SCHEMA company IS 'Company data: the golden record, its staging area, its history';

CREATE TABLE IF NOT EXISTS company.master (
    company_id bigint GENERATED ALWAYS AS IDENTITY,
    domain text NOT NULL,
    name text NOT NULL,
    industry text,
    size_label text NOT NULL DEFAULT 'unknown',
    employee_count integer,
    country_code text,
    website text,
    source text NOT NULL DEFAULT 'manual',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT master_pkey PRIMARY KEY (company_id),
    CONSTRAINT master_domain_key UNIQUE (domain),
    CONSTRAINT master_domain_check CHECK (domain = lower(domain) AND domain LIKE '%_.__%'),
    CONSTRAINT master_name_check CHECK (btrim(name) <> ''),
    CONSTRAINT master_employee_count_check CHECK (employee_count >= 0),
    CONSTRAINT master_country_code_check CHECK (country_code ~ '^[A-Z]{2}$')
);

COMMENT ON TABLE company.master IS 'Golden record of a company: one row for each domain';
COMMENT ON COLUMN company.master.domain IS 'Registered domain in lower case, without www: the natural key';
COMMENT ON COLUMN company.master.industry IS 'As its source names it: no closed list';
COMMENT ON COLUMN company.master.size_label IS 'Size as a word: unknown, small, medium, large';
COMMENT ON COLUMN company.master.employee_count IS 'Newest known number of employees; null where it is unknown';
COMMENT ON COLUMN company.master.country_code IS 'ISO 3166-1 alpha-2';
COMMENT ON COLUMN company.master.source IS 'Where the row came from first: manual, import, enrichment';
COMMENT ON COLUMN company.master.updated_at IS 'Last change that changed anything, by trigger';

CREATE INDEX IF NOT EXISTS master_industry_idx ON company.master (industry);

CREATE TABLE IF NOT EXISTS company.history (
    history_id bigint GENERATED ALWAYS AS IDENTITY,
    company_id bigint NOT NULL,
    operation text NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT now(),
    changed_by text NOT NULL DEFAULT current_user,
    old_row jsonb,
    new_row jsonb,
    CONSTRAINT history_pkey PRIMARY KEY (history_id),
    CONSTRAINT history_operation_check CHECK (operation IN ('INSERT', 'UPDATE', 'DELETE')),
    CONSTRAINT history_rows_check CHECK (
        (operation = 'INSERT') = (old_row IS NULL)
        AND (operation = 'DELETE') = (new_row IS NULL)
    )
);

COMMENT ON TABLE company.history IS 'Change tracking: one row for each change of company.master, written by its trigger';
COMMENT ON COLUMN company.history.company_id IS 'The row of company.master; no foreign key, since history outlives what it tells of';
COMMENT ON COLUMN company.history.operation IS 'INSERT, UPDATE or DELETE';
COMMENT ON COLUMN company.history.changed_by IS 'The database role that made the change';
COMMENT ON COLUMN company.history.old_row IS 'As it was before; null for an INSERT';
COMMENT ON COLUMN company.history.new_row IS 'As it was after; null for a DELETE';

CREATE INDEX IF NOT EXISTS history_company_id_changed_at_idx ON company.history (company_id, changed_at);

CREATE OR REPLACE FUNCTION company.touch_updated_at() RETURNS trigger
LANGUAGE plpgsql
SET search_path = ''
AS $function$
BEGIN
    IF NEW IS DISTINCT FROM OLD THEN
        NEW.updated_at := now();
    END IF;
    RETURN NEW;
END
$function$;

COMMENT ON FUNCTION company.touch_updated_at() IS 'Keeps updated_at true: the time of the last change that changed anything';

CREATE OR REPLACE FUNCTION company.record_history() RETURNS trigger
LANGUAGE plpgsql
SET search_path = ''
AS $function$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW IS NOT DISTINCT FROM OLD THEN
        RETURN NULL;
    END IF;
    INSERT INTO company.history (company_id, operation, old_row, new_row)
    VALUES (
        CASE WHEN TG_OP = 'DELETE' THEN OLD.company_id ELSE NEW.company_id END,
        TG_OP,
        CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END,
        CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END
    );
    RETURN NULL;
END
$function$;

COMMENT ON FUNCTION company.record_history() IS 'Writes what changed in company.master to company.history';

CREATE OR REPLACE TRIGGER master_touch_updated_at
    BEFORE UPDATE ON company.master
    FOR EACH ROW EXECUTE FUNCTION company.touch_updated_at();

CREATE OR REPLACE TRIGGER master_record_history
    AFTER INSERT OR UPDATE OR DELETE ON company.master
    FOR EACH ROW EXECUTE FUNCTION company.record_history();

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP TRIGGER IF EXISTS master_record_history ON company.master;
-- DROP TRIGGER IF EXISTS master_touch_updated_at ON company.master;
-- DROP FUNCTION IF EXISTS company.record_history();
-- DROP FUNCTION IF EXISTS company.touch_updated_at();
-- DROP TABLE IF EXISTS company.history;
-- DROP TABLE IF EXISTS company.master;
-- DROP SCHEMA IF EXISTS company;
-- COMMIT;
