-- ─────────────────────────────────────────────
-- 📁 CTB Classification Metadata
-- ─────────────────────────────────────────────
-- CTB Branch: data/migrations
-- Barton ID: 05.01.02
-- Unique ID: CTB-A4DA15B3
-- Last Updated: 2025-11-14
-- Enforcement: ORBT
-- ─────────────────────────────────────────────

-- Description: Show what each campaign has brought so far

BEGIN;

CREATE OR REPLACE VIEW marketing.campaign_results AS
SELECT
    c.campaign_id,
    c.name,
    count(o.outreach_id) FILTER (WHERE o.sent_at IS NOT NULL) AS sent,
    count(o.outreach_id) FILTER (WHERE o.status = 'replied') AS replied,
    count(o.outreach_id) FILTER (WHERE o.status = 'bounced') AS bounced,
    count(o.outreach_id) FILTER (WHERE o.status = 'opted_out') AS opted_out
FROM marketing.campaigns AS c
LEFT JOIN marketing.outreach_history AS o ON o.campaign_id = c.campaign_id
GROUP BY c.campaign_id, c.name;

COMMENT ON VIEW marketing.campaign_results IS 'What each campaign has brought so far; marketing.feedback_reports keeps it by period';

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP VIEW IF EXISTS marketing.campaign_results;
-- COMMIT;
