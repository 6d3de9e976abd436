CREATE TABLE public.pair (id bigint);
CREATE TABLE public.master (id bigint);
