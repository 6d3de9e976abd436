UPDATE company.master AS m SET name = replace(m.name, p.broken, p.meant)
FROM (VALUES ('Ã©', 'é'), ('Ã¼', 'ü'), ('â€œ', '“')) AS p (broken, meant);
