ALTER TABLE ONLY "company"."master" /* ADD COLUMN no */ ADD "if not exists" text; -- expect: if-not-exists:57
ALTER TABLE company.log ADD COLUMN "größe" text, ADD COLUMN /* IF NOT EXISTS */ "Maß" text; -- expect: if-not-exists
