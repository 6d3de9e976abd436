BEGIN;

DELETE FROM company.master -- expect: keep-data
WHERE id NOT IN (SELECT min(first.id) FROM company.master AS first GROUP BY first.name);

COMMIT;
