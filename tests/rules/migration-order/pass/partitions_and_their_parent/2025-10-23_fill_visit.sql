INSERT INTO company.visit (year, note) SELECT 2025, v.note FROM (VALUES ('a')) AS v (note);
