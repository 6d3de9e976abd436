-- replay: 42P01
SELECT 1;
\i lib/tier.psql -- expect: replay:1
