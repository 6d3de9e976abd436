-- company.b comes later
CREATE TABLE IF NOT EXISTS company.a (id bigint, note text DEFAULT 'company.b');
