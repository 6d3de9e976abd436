-- ─────────────────────────────────────────────
-- 📁 CTB Classification Metadata
-- ─────────────────────────────────────────────
-- CTB Branch: data/migrations
-- Barton ID: 05.01.02
-- Unique ID: CTB-D92641CC
-- Last Updated: 2025-10-28
-- Enforcement: ORBT
-- ─────────────────────────────────────────────

-- Description: Keep every message of a campaign to a person

BEGIN;

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
    CONSTRAINT outreach_history_status_check CHECK (status IN ('queued', 'sent', 'bounced', 'replied')),
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

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP TABLE IF EXISTS marketing.outreach_history;
-- COMMIT;
