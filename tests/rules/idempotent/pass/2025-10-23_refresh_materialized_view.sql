BEGIN;
CREATE MATERIALIZED VIEW IF NOT EXISTS company.sizes AS
SELECT size_label, count(*) AS companies FROM company.master GROUP BY size_label;
CREATE UNIQUE INDEX IF NOT EXISTS sizes_label_idx ON company.sizes (size_label);
REFRESH MATERIALIZED VIEW company.sizes;
COMMIT;
