-- ─────────────────────────────────────────────
-- 📁 CTB Classification Metadata
-- ─────────────────────────────────────────────
-- CTB Branch: data/infra
-- Barton ID: 05.01.01
-- Unique ID: CTB-0890A3CE
-- Last Updated: 2025-11-18
-- Enforcement: ORBT
-- ─────────────────────────────────────────────

-- Description: The company schema alone, as it stands in neon.sql
-- Part: company

BEGIN;

-- ═══ Extensions ══════════════════════════════════════════════

CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public;

-- ═══ company: company data ═══════════════════════════════════

CREATE SCHEMA IF NOT EXISTS company;

COMMENT ON SCHEMA company IS 'Company data: the golden record, its staging area, its history';

CREATE TABLE IF NOT EXISTS company.master (
    company_id bigint GENERATED ALWAYS AS IDENTITY,
    domain text NOT NULL,
    name text NOT NULL,
    industry text,
    size_label text DEFAULT 'unknown',
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
COMMENT ON COLUMN company.master.size_label IS 'DEPRECATED 2025-11-18: sources disagree about the words; use employee_count instead';
COMMENT ON COLUMN company.master.employee_count IS 'Newest known number of employees; null where it is unknown';
COMMENT ON COLUMN company.master.country_code IS 'ISO 3166-1 alpha-2';
COMMENT ON COLUMN company.master.source IS 'Where the row came from first: manual, import, enrichment';
COMMENT ON COLUMN company.master.updated_at IS 'Last change that changed anything, by trigger';

CREATE INDEX IF NOT EXISTS master_industry_idx ON company.master (industry);

CREATE INDEX IF NOT EXISTS master_name_trgm_idx ON company.master USING gin (name public.gin_trgm_ops);

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

CREATE TABLE IF NOT EXISTS company.slot (
    slot_id bigint GENERATED ALWAYS AS IDENTITY,
    domain text,
    name text,
    industry text,
    employee_count integer,
    country_code text,
    website text,
    source text NOT NULL DEFAULT 'import',
    payload jsonb NOT NULL DEFAULT '{}',
    status text NOT NULL DEFAULT 'pending',
    problems text[] NOT NULL DEFAULT '{}',
    company_id bigint,
    received_at timestamptz NOT NULL DEFAULT now(),
    validated_at timestamptz,
    promoted_at timestamptz,
    CONSTRAINT slot_pkey PRIMARY KEY (slot_id),
    CONSTRAINT slot_status_check CHECK (status IN ('pending', 'validated', 'rejected', 'promoted')),
    CONSTRAINT slot_complete_check CHECK (
        status NOT IN ('validated', 'promoted') OR (domain IS NOT NULL AND name IS NOT NULL)
    ),
    CONSTRAINT slot_promoted_check CHECK ((status = 'promoted') = (promoted_at IS NOT NULL)),
    CONSTRAINT slot_company_id_fkey FOREIGN KEY (company_id) REFERENCES company.master (company_id) ON DELETE SET NULL
);

COMMENT ON TABLE company.slot IS 'Staging area: companies wait here until they are validated and promoted to company.master';
COMMENT ON COLUMN company.slot.domain IS 'As its source wrote it: promotion puts it in lower case';
COMMENT ON COLUMN company.slot.source IS 'Who sent the row; a golden record made from it keeps that';
COMMENT ON COLUMN company.slot.payload IS 'The row as its source sent it';
COMMENT ON COLUMN company.slot.status IS 'pending, then validated or rejected; promoted once it is in company.master';
COMMENT ON COLUMN company.slot.problems IS 'Why validation refused it, one sentence each';
COMMENT ON COLUMN company.slot.company_id IS 'The golden record that it became, or was merged into';
COMMENT ON COLUMN company.slot.validated_at IS 'When validation decided, either way';

CREATE INDEX IF NOT EXISTS slot_company_id_idx ON company.slot (company_id);
CREATE INDEX IF NOT EXISTS slot_waiting_idx ON company.slot (received_at) WHERE status IN ('pending', 'validated');

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

CREATE OR REPLACE FUNCTION company.promote_slot(wanted_slot_id bigint) RETURNS bigint
LANGUAGE plpgsql
SET search_path = ''
AS $function$
DECLARE
    staged company.slot;
    golden_id bigint;
BEGIN
    SELECT * INTO staged FROM company.slot WHERE slot_id = wanted_slot_id FOR UPDATE;
    IF staged.slot_id IS NULL THEN
        RAISE EXCEPTION 'company.slot % does not exist', wanted_slot_id USING ERRCODE = 'no_data_found';
    ELSIF staged.status <> 'validated' THEN
        RAISE EXCEPTION 'company.slot % is %, not validated', wanted_slot_id, staged.status
            USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;

    INSERT INTO company.master AS golden (domain, name, industry, employee_count, country_code, website, source)
    VALUES (
        lower(staged.domain), staged.name, staged.industry, staged.employee_count, staged.country_code,
        staged.website, staged.source
    )
    ON CONFLICT (domain) DO UPDATE SET
        name = excluded.name,
        industry = coalesce(excluded.industry, golden.industry),
        employee_count = coalesce(excluded.employee_count, golden.employee_count),
        country_code = coalesce(excluded.country_code, golden.country_code),
        website = coalesce(excluded.website, golden.website)
    RETURNING golden.company_id INTO golden_id;

    UPDATE company.slot
    SET status = 'promoted', promoted_at = now(), company_id = golden_id
    WHERE slot_id = wanted_slot_id;
    RETURN golden_id;
END
$function$;

COMMENT ON FUNCTION company.promote_slot(bigint) IS 'Moves a validated slot into company.master, merging by domain; returns the company_id';

CREATE OR REPLACE TRIGGER master_touch_updated_at
    BEFORE UPDATE ON company.master
    FOR EACH ROW EXECUTE FUNCTION company.touch_updated_at();

CREATE OR REPLACE TRIGGER master_record_history
    AFTER INSERT OR UPDATE OR DELETE ON company.master
    FOR EACH ROW EXECUTE FUNCTION company.record_history();

COMMIT;

-- Rollback: none, because this file makes a new database, and dropping that is the way back
