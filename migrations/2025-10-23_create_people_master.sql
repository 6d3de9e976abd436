-- ─────────────────────────────────────────────
-- 📁 CTB Classification Metadata
-- ─────────────────────────────────────────────
-- CTB Branch: data/migrations
-- Barton ID: 05.01.02
-- Unique ID: CTB-BF3066ED
-- Last Updated: 2025-10-23
-- Enforcement: ORBT
-- ─────────────────────────────────────────────

-- Description: Create the people schema with its golden record and the history of every change of it

BEGIN;

CREATE SCHEMA IF NOT EXISTS people;

COMMENT ON SCHEMA people IS 'Person data: the golden record, its staging area, its history, and what enrichment found';

CREATE TABLE IF NOT EXISTS people.master (
    person_id bigint GENERATED ALWAYS AS IDENTITY,
    company_id bigint,
    email text NOT NULL,
    first_name text,
    last_name text,
    title text,
    seniority text,
    phone text,
    opted_out_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT master_pkey PRIMARY KEY (person_id),
    CONSTRAINT master_email_key UNIQUE (email),
    CONSTRAINT master_email_check CHECK (email = lower(email) AND email LIKE '%_@_%'),
    CONSTRAINT master_seniority_check CHECK (seniority IN ('c-level', 'vp', 'director', 'manager', 'individual')),
    CONSTRAINT master_company_id_fkey FOREIGN KEY (company_id) REFERENCES company.master (company_id)
        ON DELETE SET NULL
);

COMMENT ON TABLE people.master IS 'Golden record of a person: one row for each email address';
COMMENT ON COLUMN people.master.company_id IS 'Present employer; null where it is unknown';
COMMENT ON COLUMN people.master.email IS 'Address in lower case: the natural key';
COMMENT ON COLUMN people.master.title IS 'Job title in the words of the person';
COMMENT ON COLUMN people.master.seniority IS 'Rank, by which outreach picks its receivers';
COMMENT ON COLUMN people.master.opted_out_at IS 'Since when this person must not be written to; null as long as outreach is allowed';
COMMENT ON COLUMN people.master.updated_at IS 'Last change that changed anything, by trigger';

CREATE INDEX IF NOT EXISTS master_company_id_idx ON people.master (company_id);
CREATE INDEX IF NOT EXISTS master_reachable_idx ON people.master (company_id, seniority) WHERE opted_out_at IS NULL;

CREATE TABLE IF NOT EXISTS people.history (
    history_id bigint GENERATED ALWAYS AS IDENTITY,
    person_id bigint NOT NULL,
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

COMMENT ON TABLE people.history IS 'Change tracking: one row for each change of people.master, written by its trigger';
COMMENT ON COLUMN people.history.person_id IS 'The row of people.master; no foreign key, since history outlives what it tells of';
COMMENT ON COLUMN people.history.operation IS 'INSERT, UPDATE or DELETE';
COMMENT ON COLUMN people.history.changed_by IS 'The database role that made the change';
COMMENT ON COLUMN people.history.old_row IS 'As it was before; null for an INSERT';
COMMENT ON COLUMN people.history.new_row IS 'As it was after; null for a DELETE';

CREATE INDEX IF NOT EXISTS history_person_id_changed_at_idx ON people.history (person_id, changed_at);

CREATE OR REPLACE FUNCTION people.touch_updated_at() RETURNS trigger
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

COMMENT ON FUNCTION people.touch_updated_at() IS 'Keeps updated_at true: the time of the last change that changed anything';

CREATE OR REPLACE FUNCTION people.record_history() RETURNS trigger
LANGUAGE plpgsql
SET search_path = ''
AS $function$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW IS NOT DISTINCT FROM OLD THEN
        RETURN NULL;
    END IF;
    INSERT INTO people.history (person_id, operation, old_row, new_row)
    VALUES (
        CASE WHEN TG_OP = 'DELETE' THEN OLD.person_id ELSE NEW.person_id END,
        TG_OP,
        CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END,
        CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END
    );
    RETURN NULL;
END
$function$;

COMMENT ON FUNCTION people.record_history() IS 'Writes what changed in people.master to people.history';

CREATE OR REPLACE TRIGGER master_touch_updated_at
    BEFORE UPDATE ON people.master
    FOR EACH ROW EXECUTE FUNCTION people.touch_updated_at();

CREATE OR REPLACE TRIGGER master_record_history
    AFTER INSERT OR UPDATE OR DELETE ON people.master
    FOR EACH ROW EXECUTE FUNCTION people.record_history();

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP TRIGGER IF EXISTS master_record_history ON people.master;
-- DROP TRIGGER IF EXISTS master_touch_updated_at ON people.master;
-- DROP FUNCTION IF EXISTS people.record_history();
-- DROP FUNCTION IF EXISTS people.touch_updated_at();
-- DROP TABLE IF EXISTS people.history;
-- DROP TABLE IF EXISTS people.master;
-- DROP SCHEMA IF EXISTS people;
-- COMMIT;
