CREATE TABLE company."order" (id bigint, note text);
