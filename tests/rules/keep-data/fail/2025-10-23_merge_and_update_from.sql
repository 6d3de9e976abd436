BEGIN;

MERGE INTO company.log AS l -- expect: keep-data
USING company.slot AS s ON l.id = s.id
WHEN MATCHED AND s.payload ->> 'done' = 'yes' THEN DELETE
WHEN NOT MATCHED THEN DO NOTHING;
UPDATE people.master AS p SET title = m.size_label -- expect: keep-data
FROM company.master AS m WHERE m.id = p.company_id AND m.name = 'Initech';

COMMIT;
