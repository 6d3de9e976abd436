BEGIN;

DELETE FROM company.slot WHERE payload @> '{"source": {"name": "import", "try": 3}}'; -- expect: keep-data
DELETE FROM company.slot WHERE (payload ->> 'score')::int > 90; -- expect: keep-data
DELETE FROM company.slot WHERE payload ? 'legacy'; -- expect: keep-data

COMMIT;
