BEGIN;
CREATE SCHEMA IF NOT EXISTS sales;

CREATE TABLE -- expect: idempotent
    sales.deal (
        id bigint PRIMARY KEY,
        stage company.stage NOT NULL DEFAULT 'new'
    );
CREATE INDEX deal_stage_idx ON sales.deal (stage);
COMMIT;
