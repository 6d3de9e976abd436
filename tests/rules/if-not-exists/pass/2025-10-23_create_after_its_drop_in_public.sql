DROP TABLE IF EXISTS public.imported CASCADE;
CREATE TABLE imported (id bigint);
DROP INDEX IF EXISTS imported_idx;
CREATE INDEX imported_idx ON public.imported (id);
