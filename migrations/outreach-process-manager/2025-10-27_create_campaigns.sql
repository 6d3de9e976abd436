-- ─────────────────────────────────────────────
-- 📁 CTB Classification Metadata
-- ─────────────────────────────────────────────
-- CTB Branch: data/migrations
-- Barton ID: 05.01.02
-- Unique ID: CTB-E924E15C
-- Last Updated: 2025-10-27
-- Enforcement: ORBT
-- ─────────────────────────────────────────────

-- Description: Create the marketing schema and the definitions of its campaigns

BEGIN;

CREATE SCHEMA IF NOT EXISTS marketing;

COMMENT ON SCHEMA marketing IS 'Campaigns, outreach and what came of them';

CREATE TABLE IF NOT EXISTS marketing.campaigns (
    campaign_id bigint GENERATED ALWAYS AS IDENTITY,
    name text NOT NULL,
    channel text NOT NULL DEFAULT 'email',
    status text NOT NULL DEFAULT 'draft',
    audience jsonb NOT NULL DEFAULT '{}',
    daily_limit integer NOT NULL DEFAULT 50,
    starts_on date,
    ends_on date,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT campaigns_pkey PRIMARY KEY (campaign_id),
    CONSTRAINT campaigns_name_key UNIQUE (name),
    CONSTRAINT campaigns_channel_check CHECK (channel IN ('email', 'linkedin', 'phone')),
    CONSTRAINT campaigns_status_check CHECK (status IN ('draft', 'running', 'paused', 'finished')),
    CONSTRAINT campaigns_daily_limit_check CHECK (daily_limit > 0),
    CONSTRAINT campaigns_dates_check CHECK (ends_on >= starts_on)
);

COMMENT ON TABLE marketing.campaigns IS 'Campaign definitions: whom to write to, through which channel, and when';
COMMENT ON COLUMN marketing.campaigns.status IS 'Messages are sent while it is running';
COMMENT ON COLUMN marketing.campaigns.audience IS 'Filter on company.master and people.master, as the planner built it';
COMMENT ON COLUMN marketing.campaigns.daily_limit IS 'Most messages on one day, so that the sending domain keeps its reputation';
COMMENT ON COLUMN marketing.campaigns.ends_on IS 'Last day, included; null for no end';
COMMENT ON COLUMN marketing.campaigns.updated_at IS 'Last change that changed anything, by trigger';

CREATE OR REPLACE FUNCTION marketing.touch_updated_at() RETURNS trigger
LANGUAGE plpgsql
SET search_path = ''
AS $function$
BEGIN
    IF NEW IS DISTINCT FROM OLD THEN
        NEW.updated_at := now();
    END IF;
    RETURN NEW;
END
$function$;

COMMENT ON FUNCTION marketing.touch_updated_at() IS 'Keeps updated_at true: the time of the last change that changed anything';

CREATE OR REPLACE TRIGGER campaigns_touch_updated_at
    BEFORE UPDATE ON marketing.campaigns
    FOR EACH ROW EXECUTE FUNCTION marketing.touch_updated_at();

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP TABLE IF EXISTS marketing.campaigns;
-- DROP FUNCTION IF EXISTS marketing.touch_updated_at();
-- DROP SCHEMA IF EXISTS marketing;
-- COMMIT;
