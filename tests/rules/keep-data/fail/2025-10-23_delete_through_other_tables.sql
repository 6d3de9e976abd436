BEGIN;

DELETE FROM company.slot AS s USING company.master AS m -- expect: keep-data
WHERE s.master_id = m.id AND m.domain = 'closed.example' AND s.payload ->> 'state' = 'open';
DELETE FROM company.slot -- expect: keep-data
WHERE master_id IN (SELECT m.id FROM company.master AS m WHERE m.created_at < now() - interval '11 years');
DELETE FROM people.master AS p -- expect: keep-data
WHERE EXISTS (SELECT FROM company.master AS m WHERE m.id = p.company_id AND m.size_label = 'one-man show')
    AND p.title ILIKE 'intern%';

COMMIT;
