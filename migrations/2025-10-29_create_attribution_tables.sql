-- ─────────────────────────────────────────────
-- 📁 CTB Classification Metadata
-- ─────────────────────────────────────────────
-- CTB Branch: data/migrations
-- Barton ID: 05.01.02
-- Unique ID: CTB-8E14EB17
-- Last Updated: 2025-10-29
-- Enforcement: ORBT
-- ─────────────────────────────────────────────

-- Description: Track which messages the conversions are owed to

BEGIN;

CREATE TABLE IF NOT EXISTS marketing.attribution (
    attribution_id bigint GENERATED ALWAYS AS IDENTITY,
    outreach_id bigint NOT NULL,
    company_id bigint NOT NULL,
    model text NOT NULL DEFAULT 'last_touch',
    conversion text NOT NULL,
    weight numeric(5, 4) NOT NULL DEFAULT 1,
    revenue_cents bigint,
    converted_at timestamptz NOT NULL,
    CONSTRAINT attribution_pkey PRIMARY KEY (attribution_id),
    CONSTRAINT attribution_outreach_id_model_conversion_key UNIQUE (outreach_id, model, conversion),
    CONSTRAINT attribution_model_check CHECK (model IN ('first_touch', 'last_touch', 'linear')),
    CONSTRAINT attribution_conversion_check CHECK (conversion IN ('meeting', 'opportunity', 'deal')),
    CONSTRAINT attribution_weight_check CHECK (weight > 0 AND weight <= 1),
    CONSTRAINT attribution_outreach_id_fkey FOREIGN KEY (outreach_id)
        REFERENCES marketing.outreach_history (outreach_id),
    CONSTRAINT attribution_company_id_fkey FOREIGN KEY (company_id)
        REFERENCES company.master (company_id)
);

COMMENT ON TABLE marketing.attribution IS 'Conversion tracking: how much of a conversion is owed to which message';
COMMENT ON COLUMN marketing.attribution.company_id IS 'The company that converted: the person may have left it since';
COMMENT ON COLUMN marketing.attribution.model IS 'Rule by which the shares were given';
COMMENT ON COLUMN marketing.attribution.conversion IS 'What was won';
COMMENT ON COLUMN marketing.attribution.weight IS 'Share of the conversion; the shares of one conversion add up to 1 in each model';
COMMENT ON COLUMN marketing.attribution.revenue_cents IS 'In cents of US dollars; null until it is known';
COMMENT ON COLUMN marketing.attribution.converted_at IS 'When it was won, not when it was attributed';

CREATE INDEX IF NOT EXISTS attribution_company_id_idx ON marketing.attribution (company_id);
CREATE INDEX IF NOT EXISTS attribution_converted_at_idx ON marketing.attribution (converted_at);

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP TABLE IF EXISTS marketing.attribution;
-- COMMIT;
