BEGIN;
ALTER TABLE company.log ADD COLUMN IF NOT EXISTS uid uuid NOT NULL DEFAULT gen_random_uuid();
ALTER TABLE company.log ADD CONSTRAINT log_pkey PRIMARY KEY (uid);
CREATE UNIQUE INDEX IF NOT EXISTS log_uid_note_key ON company.log (uid, lower(note));
COMMIT;
