-- ─────────────────────────────────────────────
-- 📁 CTB Classification Metadata
-- ─────────────────────────────────────────────
-- CTB Branch: data/migrations
-- Barton ID: 05.01.02
-- Unique ID: CTB-2BB0C19A
-- Last Updated: 2025-11-04
-- Enforcement: ORBT
-- ─────────────────────────────────────────────

-- Description: Create the lead enrichment schema with its queue of lookups

BEGIN;

CREATE SCHEMA IF NOT EXISTS ple;

COMMENT ON SCHEMA ple IS 'People lead enrichment: the workflows that fill people.intelligence';

CREATE TABLE IF NOT EXISTS ple.enrichment_jobs (
    job_id bigint GENERATED ALWAYS AS IDENTITY,
    person_id bigint NOT NULL,
    provider text NOT NULL DEFAULT 'linkedin',
    status text NOT NULL DEFAULT 'waiting',
    attempts integer NOT NULL DEFAULT 0,
    run_after timestamptz NOT NULL DEFAULT now(),
    last_error text,
    created_at timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz,
    CONSTRAINT enrichment_jobs_pkey PRIMARY KEY (job_id),
    CONSTRAINT enrichment_jobs_status_check CHECK (status IN ('waiting', 'running', 'done', 'failed')),
    CONSTRAINT enrichment_jobs_attempts_check CHECK (attempts >= 0),
    CONSTRAINT enrichment_jobs_finished_check CHECK ((status IN ('done', 'failed')) = (finished_at IS NOT NULL)),
    CONSTRAINT enrichment_jobs_person_id_fkey FOREIGN KEY (person_id) REFERENCES people.master (person_id)
        ON DELETE CASCADE
);

COMMENT ON TABLE ple.enrichment_jobs IS 'What is to be looked up about whom: a queue, taken with FOR UPDATE SKIP LOCKED';
COMMENT ON COLUMN ple.enrichment_jobs.provider IS 'The service to ask';
COMMENT ON COLUMN ple.enrichment_jobs.run_after IS 'Not before this time: moved on after each failed attempt';
COMMENT ON COLUMN ple.enrichment_jobs.last_error IS 'What the last failed attempt said';
COMMENT ON COLUMN ple.enrichment_jobs.finished_at IS 'When it was done or given up';

CREATE INDEX IF NOT EXISTS enrichment_jobs_person_id_idx ON ple.enrichment_jobs (person_id);
CREATE INDEX IF NOT EXISTS enrichment_jobs_waiting_idx ON ple.enrichment_jobs (run_after) WHERE status = 'waiting';

CREATE TABLE IF NOT EXISTS ple.enrichment_steps (
    job_id bigint NOT NULL,
    position integer NOT NULL,
    name text NOT NULL,
    started_at timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz,
    result jsonb,
    CONSTRAINT enrichment_steps_pkey PRIMARY KEY (job_id, position),
    CONSTRAINT enrichment_steps_position_check CHECK (position > 0),
    CONSTRAINT enrichment_steps_job_id_fkey FOREIGN KEY (job_id) REFERENCES ple.enrichment_jobs (job_id)
        ON DELETE CASCADE
);

COMMENT ON TABLE ple.enrichment_steps IS 'The steps of a job in their order: what was asked, and what came back';
COMMENT ON COLUMN ple.enrichment_steps.position IS 'Which step of the job, counted from 1';
COMMENT ON COLUMN ple.enrichment_steps.result IS 'What came back; null while it runs, and where it failed';

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP TABLE IF EXISTS ple.enrichment_steps;
-- DROP TABLE IF EXISTS ple.enrichment_jobs;
-- DROP SCHEMA IF EXISTS ple;
-- COMMIT;
