ALTER TABLE company.a ADD COLUMN IF NOT EXISTS b_id bigint REFERENCES company.b (id);
