BEGIN;
SELECT company.deprecate('company.master', 'fax', 'DEPRECATED ' || date '2025-10-24' || ': nobody has one');
SELECT company.deprecate( -- expect: deprecated-column
    'people.master',
    'email',
    'DEPRECATED ' || date '2025-10-24' || ': use people.address'
);
COMMIT;
