CREATE ROLE ctb_case_reader;
GRANT USAGE ON SCHEMA company TO ctb_case_reader;
CREATE EXTENSION IF NOT EXISTS pg_trgm;
-- needs: superuser
CREATE EXTENSION IF NOT EXISTS vector;
