-- ─────────────────────────────────────────────
-- 📁 CTB Classification Metadata
-- ─────────────────────────────────────────────
-- CTB Branch: data/migrations
-- Barton ID: 05.01.02
-- Unique ID: CTB-692BAB8C
-- Last Updated: 2025-10-30
-- Enforcement: ORBT
-- ─────────────────────────────────────────────

-- Description: Report what each period of a campaign brought

BEGIN;

CREATE TABLE IF NOT EXISTS marketing.feedback_reports (
    report_id bigint GENERATED ALWAYS AS IDENTITY,
    campaign_id bigint NOT NULL,
    period_start date NOT NULL,
    period_end date NOT NULL,
    sent integer NOT NULL DEFAULT 0,
    replied integer NOT NULL DEFAULT 0,
    bounced integer NOT NULL DEFAULT 0,
    reply_rate numeric GENERATED ALWAYS AS (CASE WHEN sent > 0 THEN replied::numeric / sent END) STORED,
    summary text,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT feedback_reports_pkey PRIMARY KEY (report_id),
    CONSTRAINT feedback_reports_campaign_id_period_start_key UNIQUE (campaign_id, period_start),
    CONSTRAINT feedback_reports_period_check CHECK (period_end >= period_start),
    CONSTRAINT feedback_reports_counts_check CHECK (sent >= 0 AND replied >= 0 AND bounced >= 0),
    CONSTRAINT feedback_reports_campaign_id_fkey FOREIGN KEY (campaign_id)
        REFERENCES marketing.campaigns (campaign_id)
);

COMMENT ON TABLE marketing.feedback_reports IS 'Campaign feedback: what a period of a campaign brought, in figures and in words';
COMMENT ON COLUMN marketing.feedback_reports.period_end IS 'Last day of the period, included';
COMMENT ON COLUMN marketing.feedback_reports.reply_rate IS 'replied / sent, from 0 to 1; null where nothing was sent';
COMMENT ON COLUMN marketing.feedback_reports.summary IS 'What was learned, and what to do differently in the next campaign';

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP TABLE IF EXISTS marketing.feedback_reports;
-- COMMIT;
