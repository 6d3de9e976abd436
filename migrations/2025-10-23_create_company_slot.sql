-- ─────────────────────────────────────────────
-- 📁 CTB Classification Metadata
-- ─────────────────────────────────────────────
-- CTB Branch: data/migrations
-- Barton ID: 05.01.02
-- Unique ID: CTB-0F5B2205
-- Last Updated: 2025-10-23
-- Enforcement: ORBT
-- ─────────────────────────────────────────────

-- Description: Create the staging area for new companies, and the function that promotes from it

BEGIN;

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
    CONSTRAINT slot_company_id_fkey FOREIGN KEY (company_id) REFERENCES company.master (company_id)
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

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP FUNCTION IF EXISTS company.promote_slot(bigint);
-- DROP TABLE IF EXISTS company.slot;
-- COMMIT;
