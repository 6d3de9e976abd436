\i lib/tier.psql
\ir ../lib/other.psql
