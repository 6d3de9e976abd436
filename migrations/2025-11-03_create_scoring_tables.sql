-- ─────────────────────────────────────────────
-- 📁 CTB Classification Metadata
-- ─────────────────────────────────────────────
-- CTB Branch: data/migrations
-- Barton ID: 05.01.02
-- Unique ID: CTB-13609D82
-- Last Updated: 2025-11-03
-- Enforcement: ORBT
-- ─────────────────────────────────────────────

-- Description: Create the business intelligence schema, and score leads in it

BEGIN;

CREATE SCHEMA IF NOT EXISTS bit;

COMMENT ON SCHEMA bit IS 'Business intelligence tables: analytics and scores';

CREATE TABLE IF NOT EXISTS bit.score_models (
    model_id bigint GENERATED ALWAYS AS IDENTITY,
    name text NOT NULL,
    version integer NOT NULL DEFAULT 1,
    weights jsonb NOT NULL,
    active boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT score_models_pkey PRIMARY KEY (model_id),
    CONSTRAINT score_models_name_version_key UNIQUE (name, version),
    CONSTRAINT score_models_weights_check CHECK (jsonb_typeof(weights) = 'object')
);

COMMENT ON TABLE bit.score_models IS 'How leads are scored: the weight of each signal, in versions that are never changed';
COMMENT ON COLUMN bit.score_models.weights IS 'An object: the name of each signal, and its weight';
COMMENT ON COLUMN bit.score_models.active IS 'The version in use: one of each name at most';

CREATE UNIQUE INDEX IF NOT EXISTS score_models_one_active_key ON bit.score_models (name) WHERE active;

CREATE TABLE IF NOT EXISTS bit.lead_scores (
    score_id bigint GENERATED ALWAYS AS IDENTITY,
    model_id bigint NOT NULL,
    person_id bigint NOT NULL,
    score numeric(5, 2) NOT NULL,
    signals jsonb NOT NULL DEFAULT '{}',
    scored_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT lead_scores_pkey PRIMARY KEY (score_id),
    CONSTRAINT lead_scores_model_id_person_id_key UNIQUE (model_id, person_id),
    CONSTRAINT lead_scores_score_check CHECK (score BETWEEN 0 AND 100),
    CONSTRAINT lead_scores_model_id_fkey FOREIGN KEY (model_id) REFERENCES bit.score_models (model_id),
    CONSTRAINT lead_scores_person_id_fkey FOREIGN KEY (person_id) REFERENCES people.master (person_id)
        ON DELETE CASCADE
);

COMMENT ON TABLE bit.lead_scores IS 'How promising a person is, by each model: the newest score';
COMMENT ON COLUMN bit.lead_scores.score IS 'From 0 to 100';
COMMENT ON COLUMN bit.lead_scores.signals IS 'What the score was made of, so that a person can see why';

CREATE INDEX IF NOT EXISTS lead_scores_person_id_idx ON bit.lead_scores (person_id);
CREATE INDEX IF NOT EXISTS lead_scores_model_id_score_idx ON bit.lead_scores (model_id, score DESC);

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP TABLE IF EXISTS bit.lead_scores;
-- DROP TABLE IF EXISTS bit.score_models;
-- DROP SCHEMA IF EXISTS bit;
-- COMMIT;
