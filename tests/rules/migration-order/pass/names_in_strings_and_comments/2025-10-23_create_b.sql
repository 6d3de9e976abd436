CREATE TABLE IF NOT EXISTS company.b (note text DEFAULT 'company.a');
