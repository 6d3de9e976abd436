-- ─────────────────────────────────────────────
-- 📁 CTB Classification Metadata
-- ─────────────────────────────────────────────
-- CTB Branch: data/migrations
-- Barton ID: 05.01.02
-- Unique ID: CTB-8596CBCC
-- Last Updated: 2025-10-24
-- Enforcement: ORBT
-- ─────────────────────────────────────────────

-- Description: Keep what LinkedIn enrichment finds about a person

BEGIN;

CREATE TABLE IF NOT EXISTS people.intelligence (
    intelligence_id bigint GENERATED ALWAYS AS IDENTITY,
    person_id bigint NOT NULL,
    provider text NOT NULL DEFAULT 'linkedin',
    headline text,
    current_position text,
    skills text[] NOT NULL DEFAULT '{}',
    connections integer,
    profile jsonb NOT NULL DEFAULT '{}',
    fetched_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT intelligence_pkey PRIMARY KEY (intelligence_id),
    CONSTRAINT intelligence_person_id_provider_key UNIQUE (person_id, provider),
    CONSTRAINT intelligence_connections_check CHECK (connections >= 0),
    CONSTRAINT intelligence_person_id_fkey FOREIGN KEY (person_id) REFERENCES people.master (person_id)
        ON DELETE CASCADE
);

COMMENT ON TABLE people.intelligence IS 'LinkedIn enrichment data: the newest profile of each person from each provider';
COMMENT ON COLUMN people.intelligence.provider IS 'The service that was asked';
COMMENT ON COLUMN people.intelligence.headline IS 'The line below the name on the profile';
COMMENT ON COLUMN people.intelligence.connections IS 'Number that the profile shows';
COMMENT ON COLUMN people.intelligence.profile IS 'The answer of the provider, as it came';
COMMENT ON COLUMN people.intelligence.fetched_at IS 'When the provider answered: the oldest are asked for again first';

CREATE INDEX IF NOT EXISTS intelligence_fetched_at_idx ON people.intelligence (fetched_at);

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP TABLE IF EXISTS people.intelligence;
-- COMMIT;
