BEGIN;
CREATE TABLE company.deal (id bigint PRIMARY KEY, owner text, updated_at timestamptz NOT NULL DEFAULT now());
CREATE FUNCTION company.set_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.updated_at := clock_timestamp();
    RETURN NEW;
END $$;
CREATE TRIGGER set_updated_at BEFORE UPDATE ON company.deal FOR EACH ROW EXECUTE FUNCTION company.set_updated_at();
INSERT INTO company.deal VALUES (1, NULL, '2024-05-06 17:08:09+00'), (2, 'ada', '2024-05-07 00:00:00+00');
COMMIT;
