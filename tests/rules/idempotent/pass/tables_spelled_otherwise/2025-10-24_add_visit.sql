-- the same table, in other words; that it has an index and a check besides is no difference
BEGIN;
CREATE TABLE IF NOT EXISTS "marketing"."visit" (
    id int8 NOT NULL,
    page varchar(200) NOT NULL,
    score decimal(6,2) DEFAULT 0,
    tags _text,
    seen_at timestamptz DEFAULT now(),
    PRIMARY KEY (id)
);
CREATE INDEX IF NOT EXISTS visit_page_idx ON marketing.visit (page ASC NULLS LAST, seen_at DESC);
ALTER TABLE marketing.visit ADD COLUMN IF NOT EXISTS page varchar(200) NOT NULL;
CREATE SEQUENCE IF NOT EXISTS company.numbers;
CREATE SCHEMA IF NOT EXISTS marketing;
COMMIT;
