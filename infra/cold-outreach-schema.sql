-- ─────────────────────────────────────────────
-- 📁 CTB Classification Metadata
-- ─────────────────────────────────────────────
-- CTB Branch: data/infra
-- Barton ID: 05.01.01
-- Unique ID: CTB-A9F957DF
-- Last Updated: 2025-11-18
-- Enforcement: ORBT
-- ─────────────────────────────────────────────

-- Description: The outreach tables as they stand in neon.sql, and of the golden records what they need
-- Part: marketing, company.master, people.master

BEGIN;

-- ═══ company: the golden record ══════════════════════════════

CREATE SCHEMA IF NOT EXISTS company;

COMMENT ON SCHEMA company IS 'Company data: the golden record, its staging area, its history';

CREATE TABLE IF NOT EXISTS company.master (
    company_id bigint GENERATED ALWAYS AS IDENTITY,
    domain text NOT NULL,
    name text NOT NULL,
    industry text,
    size_label text DEFAULT 'unknown',
    employee_count integer,
    country_code text,
    website text,
    source text NOT NULL DEFAULT 'manual',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT master_pkey PRIMARY KEY (company_id),
    CONSTRAINT master_domain_key UNIQUE (domain),
    CONSTRAINT master_domain_check CHECK (domain = lower(domain) AND domain LIKE '%_.__%'),
    CONSTRAINT master_name_check CHECK (btrim(name) <> ''),
    CONSTRAINT master_employee_count_check CHECK (employee_count >= 0),
    CONSTRAINT master_country_code_check CHECK (country_code ~ '^[A-Z]{2}$')
);

COMMENT ON TABLE company.master IS 'Golden record of a company: one row for each domain';
COMMENT ON COLUMN company.master.domain IS 'Registered domain in lower case, without www: the natural key';
COMMENT ON COLUMN company.master.industry IS 'As its source names it: no closed list';
COMMENT ON COLUMN company.master.size_label IS 'DEPRECATED 2025-11-18: sources disagree about the words; use employee_count instead';
COMMENT ON COLUMN company.master.employee_count IS 'Newest known number of employees; null where it is unknown';
COMMENT ON COLUMN company.master.country_code IS 'ISO 3166-1 alpha-2';
COMMENT ON COLUMN company.master.source IS 'Where the row came from first: manual, import, enrichment';
COMMENT ON COLUMN company.master.updated_at IS 'Last change that changed anything, by trigger';

CREATE INDEX IF NOT EXISTS master_industry_idx ON company.master (industry);

CREATE OR REPLACE FUNCTION company.touch_updated_at() RETURNS trigger
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

COMMENT ON FUNCTION company.touch_updated_at() IS 'Keeps updated_at true: the time of the last change that changed anything';

CREATE OR REPLACE TRIGGER master_touch_updated_at
    BEFORE UPDATE ON company.master
    FOR EACH ROW EXECUTE FUNCTION company.touch_updated_at();

-- ═══ people: the golden record ═══════════════════════════════

CREATE SCHEMA IF NOT EXISTS people;

COMMENT ON SCHEMA people IS 'Person data: the golden record, its staging area, its history, and what enrichment found';

CREATE TABLE IF NOT EXISTS people.master (
    person_id bigint GENERATED ALWAYS AS IDENTITY,
    company_id bigint,
    email text NOT NULL,
    first_name text,
    last_name text,
    title text,
    seniority text,
    phone text,
    opted_out_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    linkedin_url text,
    CONSTRAINT master_pkey PRIMARY KEY (person_id),
    CONSTRAINT master_email_key UNIQUE (email),
    CONSTRAINT master_email_check CHECK (email = lower(email) AND email LIKE '%_@_%'),
    CONSTRAINT master_seniority_check CHECK (seniority IN ('c-level', 'vp', 'director', 'manager', 'individual')),
    CONSTRAINT master_company_id_fkey FOREIGN KEY (company_id) REFERENCES company.master (company_id)
        ON DELETE SET NULL
);

COMMENT ON TABLE people.master IS 'Golden record of a person: one row for each email address';
COMMENT ON COLUMN people.master.company_id IS 'Present employer; null where it is unknown';
COMMENT ON COLUMN people.master.email IS 'Address in lower case: the natural key';
COMMENT ON COLUMN people.master.title IS 'Job title in the words of the person';
COMMENT ON COLUMN people.master.seniority IS 'Rank, by which outreach picks its receivers';
COMMENT ON COLUMN people.master.opted_out_at IS 'Since when this person must not be written to; null as long as outreach is allowed';
COMMENT ON COLUMN people.master.updated_at IS 'Last change that changed anything, by trigger';

CREATE INDEX IF NOT EXISTS master_company_id_idx ON people.master (company_id);
CREATE INDEX IF NOT EXISTS master_reachable_idx ON people.master (company_id, seniority) WHERE opted_out_at IS NULL;

COMMENT ON COLUMN people.master.linkedin_url IS 'Public profile, https://www.linkedin.com/in/…, as the person gives it';

CREATE UNIQUE INDEX IF NOT EXISTS master_linkedin_url_key ON people.master (lower(linkedin_url));

CREATE OR REPLACE FUNCTION people.touch_updated_at() RETURNS trigger
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

COMMENT ON FUNCTION people.touch_updated_at() IS 'Keeps updated_at true: the time of the last change that changed anything';

CREATE OR REPLACE TRIGGER master_touch_updated_at
    BEFORE UPDATE ON people.master
    FOR EACH ROW EXECUTE FUNCTION people.touch_updated_at();

-- ═══ marketing: campaigns and outreach ═══════════════════════

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

CREATE TABLE IF NOT EXISTS marketing.outreach_history (
    outreach_id bigint GENERATED ALWAYS AS IDENTITY,
    campaign_id bigint NOT NULL,
    person_id bigint NOT NULL,
    step integer NOT NULL DEFAULT 1,
    status text NOT NULL DEFAULT 'queued',
    subject text,
    message_id text,
    queued_at timestamptz NOT NULL DEFAULT now(),
    sent_at timestamptz,
    replied_at timestamptz,
    CONSTRAINT outreach_history_pkey PRIMARY KEY (outreach_id),
    CONSTRAINT outreach_history_campaign_id_person_id_step_key UNIQUE (campaign_id, person_id, step),
    CONSTRAINT outreach_history_step_check CHECK (step > 0),
    CONSTRAINT outreach_history_status_check CHECK (status IN ('queued', 'sent', 'bounced', 'replied', 'opted_out')),
    CONSTRAINT outreach_history_campaign_id_fkey FOREIGN KEY (campaign_id)
        REFERENCES marketing.campaigns (campaign_id),
    CONSTRAINT outreach_history_person_id_fkey FOREIGN KEY (person_id)
        REFERENCES people.master (person_id)
);

COMMENT ON TABLE marketing.outreach_history IS 'Contact history: every message to a person, and how it fared';
COMMENT ON COLUMN marketing.outreach_history.step IS 'Which message of the sequence, counted from 1';
COMMENT ON COLUMN marketing.outreach_history.status IS 'Last thing that happened to the message';
COMMENT ON COLUMN marketing.outreach_history.message_id IS 'Message-ID of the mail, by which replies and bounces are matched';
COMMENT ON COLUMN marketing.outreach_history.sent_at IS 'When it left; null before';

CREATE INDEX IF NOT EXISTS outreach_history_person_id_idx ON marketing.outreach_history (person_id);
CREATE INDEX IF NOT EXISTS outreach_history_sent_at_idx ON marketing.outreach_history (sent_at) WHERE sent_at IS NOT NULL;

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

-- Rollback: none, because this file makes a new database, and dropping that is the way back
