BEGIN;
CREATE TABLE IF NOT EXISTS marketing.visit (
    id bigint PRIMARY KEY,
    page character varying(200) NOT NULL,
    score numeric(6, 2) DEFAULT 0,
    tags text[],
    seen_at timestamp with time zone DEFAULT now()
);
CREATE INDEX IF NOT EXISTS visit_page_idx ON marketing.visit USING btree (page, seen_at DESC);
ALTER TABLE marketing.visit DROP CONSTRAINT IF EXISTS visit_score_positive;
ALTER TABLE marketing.visit ADD CONSTRAINT visit_score_positive CHECK (score >= 0);
COMMIT;
