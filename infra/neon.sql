-- ─────────────────────────────────────────────
-- 📁 CTB Classification Metadata
-- ─────────────────────────────────────────────
-- CTB Branch: data/infra
-- Barton ID: 05.01.01
-- Unique ID: CTB-2B77D8ED
-- Last Updated: 2025-11-18
-- Enforcement: ORBT
-- ─────────────────────────────────────────────

-- Description: The complete schema with all tables: what the migrations make of an empty database.
-- Migrations change a database; this file says what it is then, and `pytest --ctb` compares the two

BEGIN;

-- ═══ Extensions ══════════════════════════════════════════════

CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public;

-- ═══ company: company data ═══════════════════════════════════

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

CREATE INDEX IF NOT EXISTS master_name_trgm_idx ON company.master USING gin (name public.gin_trgm_ops);

CREATE TABLE IF NOT EXISTS company.history (
    history_id bigint GENERATED ALWAYS AS IDENTITY,
    company_id bigint NOT NULL,
    operation text NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT now(),
    changed_by text NOT NULL DEFAULT current_user,
    old_row jsonb,
    new_row jsonb,
    CONSTRAINT history_pkey PRIMARY KEY (history_id),
    CONSTRAINT history_operation_check CHECK (operation IN ('INSERT', 'UPDATE', 'DELETE')),
    CONSTRAINT history_rows_check CHECK (
        (operation = 'INSERT') = (old_row IS NULL)
        AND (operation = 'DELETE') = (new_row IS NULL)
    )
);

COMMENT ON TABLE company.history IS 'Change tracking: one row for each change of company.master, written by its trigger';
COMMENT ON COLUMN company.history.company_id IS 'The row of company.master; no foreign key, since history outlives what it tells of';
COMMENT ON COLUMN company.history.operation IS 'INSERT, UPDATE or DELETE';
COMMENT ON COLUMN company.history.changed_by IS 'The database role that made the change';
COMMENT ON COLUMN company.history.old_row IS 'As it was before; null for an INSERT';
COMMENT ON COLUMN company.history.new_row IS 'As it was after; null for a DELETE';

CREATE INDEX IF NOT EXISTS history_company_id_changed_at_idx ON company.history (company_id, changed_at);

CREATE TABLE IF NOT EXISTS company.slot (
    slot_id bigint GENERATED ALWAYS AS IDENTITY,
    domain text,
    name text,
    industry text,
    employee_count integer,
    country_code text,
    website text,
    source text NOT NULL DEFAULT 'import',
    payload jsonb NOT NULL DEFAULT '{}',
    status text NOT NULL DEFAULT 'pending',
    problems text[] NOT NULL DEFAULT '{}',
    company_id bigint,
    received_at timestamptz NOT NULL DEFAULT now(),
    validated_at timestamptz,
    promoted_at timestamptz,
    CONSTRAINT slot_pkey PRIMARY KEY (slot_id),
    CONSTRAINT slot_status_check CHECK (status IN ('pending', 'validated', 'rejected', 'promoted')),
    CONSTRAINT slot_complete_check CHECK (
        status NOT IN ('validated', 'promoted') OR (domain IS NOT NULL AND name IS NOT NULL)
    ),
    CONSTRAINT slot_promoted_check CHECK ((status = 'promoted') = (promoted_at IS NOT NULL)),
    CONSTRAINT slot_company_id_fkey FOREIGN KEY (company_id) REFERENCES company.master (company_id) ON DELETE SET NULL
);

COMMENT ON TABLE company.slot IS 'Staging area: companies wait here until they are validated and promoted to company.master';
COMMENT ON COLUMN company.slot.domain IS 'As its source wrote it: promotion puts it in lower case';
COMMENT ON COLUMN company.slot.source IS 'Who sent the row; a golden record made from it keeps that';
COMMENT ON COLUMN company.slot.payload IS 'The row as its source sent it';
COMMENT ON COLUMN company.slot.status IS 'pending, then validated or rejected; promoted once it is in company.master';
COMMENT ON COLUMN company.slot.problems IS 'Why validation refused it, one sentence each';
COMMENT ON COLUMN company.slot.company_id IS 'The golden record that it became, or was merged into';
COMMENT ON COLUMN company.slot.validated_at IS 'When validation decided, either way';

CREATE INDEX IF NOT EXISTS slot_company_id_idx ON company.slot (company_id);
CREATE INDEX IF NOT EXISTS slot_waiting_idx ON company.slot (received_at) WHERE status IN ('pending', 'validated');

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

CREATE OR REPLACE FUNCTION company.record_history() RETURNS trigger
LANGUAGE plpgsql
SET search_path = ''
AS $function$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW IS NOT DISTINCT FROM OLD THEN
        RETURN NULL;
    END IF;
    INSERT INTO company.history (company_id, operation, old_row, new_row)
    VALUES (
        CASE WHEN TG_OP = 'DELETE' THEN OLD.company_id ELSE NEW.company_id END,
        TG_OP,
        CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END,
        CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END
    );
    RETURN NULL;
END
$function$;

COMMENT ON FUNCTION company.record_history() IS 'Writes what changed in company.master to company.history';

CREATE OR REPLACE FUNCTION company.promote_slot(wanted_slot_id bigint) RETURNS bigint
LANGUAGE plpgsql
SET search_path = ''
AS $function$
DECLARE
    staged company.slot;
    golden_id bigint;
BEGIN
    SELECT * INTO staged FROM company.slot WHERE slot_id = wanted_slot_id FOR UPDATE;
    IF staged.slot_id IS NULL THEN
        RAISE EXCEPTION 'company.slot % does not exist', wanted_slot_id USING ERRCODE = 'no_data_found';
    ELSIF staged.status <> 'validated' THEN
        RAISE EXCEPTION 'company.slot % is %, not validated', wanted_slot_id, staged.status
            USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;

    INSERT INTO company.master AS golden (domain, name, industry, employee_count, country_code, website, source)
    VALUES (
        lower(staged.domain), staged.name, staged.industry, staged.employee_count, staged.country_code,
        staged.website, staged.source
    )
    ON CONFLICT (domain) DO UPDATE SET
        name = excluded.name,
        industry = coalesce(excluded.industry, golden.industry),
        employee_count = coalesce(excluded.employee_count, golden.employee_count),
        country_code = coalesce(excluded.country_code, golden.country_code),
        website = coalesce(excluded.website, golden.website)
    RETURNING golden.company_id INTO golden_id;

    UPDATE company.slot
    SET status = 'promoted', promoted_at = now(), company_id = golden_id
    WHERE slot_id = wanted_slot_id;
    RETURN golden_id;
END
$function$;

COMMENT ON FUNCTION company.promote_slot(bigint) IS 'Moves a validated slot into company.master, merging by domain; returns the company_id';

CREATE OR REPLACE TRIGGER master_touch_updated_at
    BEFORE UPDATE ON company.master
    FOR EACH ROW EXECUTE FUNCTION company.touch_updated_at();

CREATE OR REPLACE TRIGGER master_record_history
    AFTER INSERT OR UPDATE OR DELETE ON company.master
    FOR EACH ROW EXECUTE FUNCTION company.record_history();

-- ═══ people: person data ═════════════════════════════════════

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

CREATE TABLE IF NOT EXISTS people.history (
    history_id bigint GENERATED ALWAYS AS IDENTITY,
    person_id bigint NOT NULL,
    operation text NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT now(),
    changed_by text NOT NULL DEFAULT current_user,
    old_row jsonb,
    new_row jsonb,
    CONSTRAINT history_pkey PRIMARY KEY (history_id),
    CONSTRAINT history_operation_check CHECK (operation IN ('INSERT', 'UPDATE', 'DELETE')),
    CONSTRAINT history_rows_check CHECK (
        (operation = 'INSERT') = (old_row IS NULL)
        AND (operation = 'DELETE') = (new_row IS NULL)
    )
);

COMMENT ON TABLE people.history IS 'Change tracking: one row for each change of people.master, written by its trigger';
COMMENT ON COLUMN people.history.person_id IS 'The row of people.master; no foreign key, since history outlives what it tells of';
COMMENT ON COLUMN people.history.operation IS 'INSERT, UPDATE or DELETE';
COMMENT ON COLUMN people.history.changed_by IS 'The database role that made the change';
COMMENT ON COLUMN people.history.old_row IS 'As it was before; null for an INSERT';
COMMENT ON COLUMN people.history.new_row IS 'As it was after; null for a DELETE';

CREATE INDEX IF NOT EXISTS history_person_id_changed_at_idx ON people.history (person_id, changed_at);

CREATE TABLE IF NOT EXISTS people.slot (
    slot_id bigint GENERATED ALWAYS AS IDENTITY,
    email text,
    first_name text,
    last_name text,
    title text,
    seniority text,
    phone text,
    linkedin_url text,
    company_domain text,
    source text NOT NULL DEFAULT 'import',
    payload jsonb NOT NULL DEFAULT '{}',
    status text NOT NULL DEFAULT 'pending',
    problems text[] NOT NULL DEFAULT '{}',
    person_id bigint,
    received_at timestamptz NOT NULL DEFAULT now(),
    validated_at timestamptz,
    promoted_at timestamptz,
    CONSTRAINT slot_pkey PRIMARY KEY (slot_id),
    CONSTRAINT slot_status_check CHECK (status IN ('pending', 'validated', 'rejected', 'promoted')),
    CONSTRAINT slot_complete_check CHECK (status NOT IN ('validated', 'promoted') OR email IS NOT NULL),
    CONSTRAINT slot_promoted_check CHECK ((status = 'promoted') = (promoted_at IS NOT NULL)),
    CONSTRAINT slot_person_id_fkey FOREIGN KEY (person_id) REFERENCES people.master (person_id) ON DELETE SET NULL
);

COMMENT ON TABLE people.slot IS 'Staging area: people wait here until they are validated and promoted to people.master';
COMMENT ON COLUMN people.slot.email IS 'As its source wrote it: promotion puts it in lower case';
COMMENT ON COLUMN people.slot.seniority IS 'A rank as in people.master, which checks it on promotion';
COMMENT ON COLUMN people.slot.company_domain IS 'Domain of the employer, by which promotion finds the company; an unknown one is left out';
COMMENT ON COLUMN people.slot.source IS 'Who sent the row';
COMMENT ON COLUMN people.slot.payload IS 'The row as its source sent it';
COMMENT ON COLUMN people.slot.status IS 'pending, then validated or rejected; promoted once it is in people.master';
COMMENT ON COLUMN people.slot.problems IS 'Why validation refused it, one sentence each';
COMMENT ON COLUMN people.slot.person_id IS 'The golden record that it became, or was merged into';
COMMENT ON COLUMN people.slot.validated_at IS 'When validation decided, either way';

CREATE INDEX IF NOT EXISTS slot_person_id_idx ON people.slot (person_id);
CREATE INDEX IF NOT EXISTS slot_waiting_idx ON people.slot (received_at) WHERE status IN ('pending', 'validated');

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

CREATE OR REPLACE FUNCTION people.record_history() RETURNS trigger
LANGUAGE plpgsql
SET search_path = ''
AS $function$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW IS NOT DISTINCT FROM OLD THEN
        RETURN NULL;
    END IF;
    INSERT INTO people.history (person_id, operation, old_row, new_row)
    VALUES (
        CASE WHEN TG_OP = 'DELETE' THEN OLD.person_id ELSE NEW.person_id END,
        TG_OP,
        CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END,
        CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END
    );
    RETURN NULL;
END
$function$;

COMMENT ON FUNCTION people.record_history() IS 'Writes what changed in people.master to people.history';

CREATE OR REPLACE FUNCTION people.promote_slot(wanted_slot_id bigint) RETURNS bigint
LANGUAGE plpgsql
SET search_path = ''
AS $function$
DECLARE
    staged people.slot;
    employer_id bigint;
    golden_id bigint;
BEGIN
    SELECT * INTO staged FROM people.slot WHERE slot_id = wanted_slot_id FOR UPDATE;
    IF staged.slot_id IS NULL THEN
        RAISE EXCEPTION 'people.slot % does not exist', wanted_slot_id USING ERRCODE = 'no_data_found';
    ELSIF staged.status <> 'validated' THEN
        RAISE EXCEPTION 'people.slot % is %, not validated', wanted_slot_id, staged.status
            USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;

    SELECT company_id INTO employer_id FROM company.master WHERE domain = lower(staged.company_domain);

    INSERT INTO people.master AS golden (
        company_id, email, first_name, last_name, title, seniority, phone, linkedin_url
    )
    VALUES (
        employer_id, lower(staged.email), staged.first_name, staged.last_name, staged.title, staged.seniority,
        staged.phone, staged.linkedin_url
    )
    ON CONFLICT (email) DO UPDATE SET
        company_id = coalesce(excluded.company_id, golden.company_id),
        first_name = coalesce(excluded.first_name, golden.first_name),
        last_name = coalesce(excluded.last_name, golden.last_name),
        title = coalesce(excluded.title, golden.title),
        seniority = coalesce(excluded.seniority, golden.seniority),
        phone = coalesce(excluded.phone, golden.phone),
        linkedin_url = coalesce(excluded.linkedin_url, golden.linkedin_url)
    RETURNING golden.person_id INTO golden_id;

    UPDATE people.slot
    SET status = 'promoted', promoted_at = now(), person_id = golden_id
    WHERE slot_id = wanted_slot_id;
    RETURN golden_id;
END
$function$;

COMMENT ON FUNCTION people.promote_slot(bigint) IS
    'Moves a validated slot into people.master, merging by email; returns the person_id. '
    'Fails where its LinkedIn profile is another person''s';

CREATE OR REPLACE TRIGGER master_touch_updated_at
    BEFORE UPDATE ON people.master
    FOR EACH ROW EXECUTE FUNCTION people.touch_updated_at();

CREATE OR REPLACE TRIGGER master_record_history
    AFTER INSERT OR UPDATE OR DELETE ON people.master
    FOR EACH ROW EXECUTE FUNCTION people.record_history();

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

-- ═══ bit: business intelligence ══════════════════════════════

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

-- ═══ ple: people lead enrichment ═════════════════════════════

CREATE SCHEMA IF NOT EXISTS ple;

COMMENT ON SCHEMA ple IS 'People lead enrichment: the workflows that fill people.intelligence';

CREATE TABLE IF NOT EXISTS ple.enrichment_jobs (
    job_id bigint GENERATED ALWAYS AS IDENTITY,
    person_id bigint NOT NULL,
    provider text NOT NULL DEFAULT 'linkedin',
    status text NOT NULL DEFAULT 'waiting',
    attempts integer NOT NULL DEFAULT 0,
    run_after timestamptz NOT NULL DEFAULT now(),
    last_error text,
    created_at timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz,
    CONSTRAINT enrichment_jobs_pkey PRIMARY KEY (job_id),
    CONSTRAINT enrichment_jobs_status_check CHECK (status IN ('waiting', 'running', 'done', 'failed')),
    CONSTRAINT enrichment_jobs_attempts_check CHECK (attempts >= 0),
    CONSTRAINT enrichment_jobs_finished_check CHECK ((status IN ('done', 'failed')) = (finished_at IS NOT NULL)),
    CONSTRAINT enrichment_jobs_person_id_fkey FOREIGN KEY (person_id) REFERENCES people.master (person_id)
        ON DELETE CASCADE
);

COMMENT ON TABLE ple.enrichment_jobs IS 'What is to be looked up about whom: a queue, taken with FOR UPDATE SKIP LOCKED';
COMMENT ON COLUMN ple.enrichment_jobs.provider IS 'The service to ask';
COMMENT ON COLUMN ple.enrichment_jobs.run_after IS 'Not before this time: moved on after each failed attempt';
COMMENT ON COLUMN ple.enrichment_jobs.last_error IS 'What the last failed attempt said';
COMMENT ON COLUMN ple.enrichment_jobs.finished_at IS 'When it was done or given up';

CREATE INDEX IF NOT EXISTS enrichment_jobs_person_id_idx ON ple.enrichment_jobs (person_id);
CREATE INDEX IF NOT EXISTS enrichment_jobs_waiting_idx ON ple.enrichment_jobs (run_after) WHERE status = 'waiting';

CREATE TABLE IF NOT EXISTS ple.enrichment_steps (
    job_id bigint NOT NULL,
    position integer NOT NULL,
    name text NOT NULL,
    started_at timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz,
    result jsonb,
    CONSTRAINT enrichment_steps_pkey PRIMARY KEY (job_id, position),
    CONSTRAINT enrichment_steps_position_check CHECK (position > 0),
    CONSTRAINT enrichment_steps_job_id_fkey FOREIGN KEY (job_id) REFERENCES ple.enrichment_jobs (job_id)
        ON DELETE CASCADE
);

COMMENT ON TABLE ple.enrichment_steps IS 'The steps of a job in their order: what was asked, and what came back';
COMMENT ON COLUMN ple.enrichment_steps.position IS 'Which step of the job, counted from 1';
COMMENT ON COLUMN ple.enrichment_steps.result IS 'What came back; null while it runs, and where it failed';

COMMIT;

-- Rollback: none, because this file makes a new database, and dropping that is the way back
