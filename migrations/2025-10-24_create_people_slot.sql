-- ─────────────────────────────────────────────
-- 📁 CTB Classification Metadata
-- ─────────────────────────────────────────────
-- CTB Branch: data/migrations
-- Barton ID: 05.01.02
-- Unique ID: CTB-686723FE
-- Last Updated: 2025-10-24
-- Enforcement: ORBT
-- ─────────────────────────────────────────────

-- Description: Create the staging area for new people, and the function that promotes from it

BEGIN;

CREATE TABLE IF NOT EXISTS people.slot (
    slot_id bigint GENERATED ALWAYS AS IDENTITY,
    email text,
    first_name text,
    last_name text,
    title text,
    seniority text,
    phone text,
    linkedin_url text,
    company_domain text,
    source text NOT NULL DEFAULT 'import',
    payload jsonb NOT NULL DEFAULT '{}',
    status text NOT NULL DEFAULT 'pending',
    problems text[] NOT NULL DEFAULT '{}',
    person_id bigint,
    received_at timestamptz NOT NULL DEFAULT now(),
    validated_at timestamptz,
    promoted_at timestamptz,
    CONSTRAINT slot_pkey PRIMARY KEY (slot_id),
    CONSTRAINT slot_status_check CHECK (status IN ('pending', 'validated', 'rejected', 'promoted')),
    CONSTRAINT slot_complete_check CHECK (status NOT IN ('validated', 'promoted') OR email IS NOT NULL),
    CONSTRAINT slot_promoted_check CHECK ((status = 'promoted') = (promoted_at IS NOT NULL)),
    CONSTRAINT slot_person_id_fkey FOREIGN KEY (person_id) REFERENCES people.master (person_id) ON DELETE SET NULL
);

COMMENT ON TABLE people.slot IS 'Staging area: people wait here until they are validated and promoted to people.master';
COMMENT ON COLUMN people.slot.email IS 'As its source wrote it: promotion puts it in lower case';
COMMENT ON COLUMN people.slot.seniority IS 'A rank as in people.master, which checks it on promotion';
COMMENT ON COLUMN people.slot.company_domain IS 'Domain of the employer, by which promotion finds the company; an unknown one is left out';
COMMENT ON COLUMN people.slot.source IS 'Who sent the row';
COMMENT ON COLUMN people.slot.payload IS 'The row as its source sent it';
COMMENT ON COLUMN people.slot.status IS 'pending, then validated or rejected; promoted once it is in people.master';
COMMENT ON COLUMN people.slot.problems IS 'Why validation refused it, one sentence each';
COMMENT ON COLUMN people.slot.person_id IS 'The golden record that it became, or was merged into';
COMMENT ON COLUMN people.slot.validated_at IS 'When validation decided, either way';

CREATE INDEX IF NOT EXISTS slot_person_id_idx ON people.slot (person_id);
CREATE INDEX IF NOT EXISTS slot_waiting_idx ON people.slot (received_at) WHERE status IN ('pending', 'validated');

CREATE OR REPLACE FUNCTION people.promote_slot(wanted_slot_id bigint) RETURNS bigint
LANGUAGE plpgsql
SET search_path = ''
AS $function$
DECLARE
    staged people.slot;
    employer_id bigint;
    golden_id bigint;
BEGIN
    SELECT * INTO staged FROM people.slot WHERE slot_id = wanted_slot_id FOR UPDATE;
    IF staged.slot_id IS NULL THEN
        RAISE EXCEPTION 'people.slot % does not exist', wanted_slot_id USING ERRCODE = 'no_data_found';
    ELSIF staged.status <> 'validated' THEN
        RAISE EXCEPTION 'people.slot % is %, not validated', wanted_slot_id, staged.status
            USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;

    SELECT company_id INTO employer_id FROM company.master WHERE domain = lower(staged.company_domain);

    INSERT INTO people.master AS golden (
        company_id, email, first_name, last_name, title, seniority, phone, linkedin_url
    )
    VALUES (
        employer_id, lower(staged.email), staged.first_name, staged.last_name, staged.title, staged.seniority,
        staged.phone, staged.linkedin_url
    )
    ON CONFLICT (email) DO UPDATE SET
        company_id = coalesce(excluded.company_id, golden.company_id),
        first_name = coalesce(excluded.first_name, golden.first_name),
        last_name = coalesce(excluded.last_name, golden.last_name),
        title = coalesce(excluded.title, golden.title),
        seniority = coalesce(excluded.seniority, golden.seniority),
        phone = coalesce(excluded.phone, golden.phone),
        linkedin_url = coalesce(excluded.linkedin_url, golden.linkedin_url)
    RETURNING golden.person_id INTO golden_id;

    UPDATE people.slot
    SET status = 'promoted', promoted_at = now(), person_id = golden_id
    WHERE slot_id = wanted_slot_id;
    RETURN golden_id;
END
$function$;

COMMENT ON FUNCTION people.promote_slot(bigint) IS
    'Moves a validated slot into people.master, merging by email; returns the person_id. '
    'Fails where its LinkedIn profile is another person''s';

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP FUNCTION IF EXISTS people.promote_slot(bigint);
-- DROP TABLE IF EXISTS people.slot;
-- COMMIT;
