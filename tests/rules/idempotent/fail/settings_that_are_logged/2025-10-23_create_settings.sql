BEGIN;
CREATE TABLE IF NOT EXISTS company.setting (key text PRIMARY KEY, value text NOT NULL);
INSERT INTO company.setting VALUES ('region', 'us') ON CONFLICT (key) DO NOTHING;
CREATE OR REPLACE FUNCTION company.log_setting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO company.log (note) VALUES (NEW.key || ' is ' || NEW.value);
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER setting_logged
    AFTER UPDATE ON company.setting FOR EACH ROW EXECUTE FUNCTION company.log_setting();
COMMIT;
