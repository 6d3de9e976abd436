CREATE TABLE company."Order" (id bigint);
ALTER TABLE company."Order" ADD COLUMN "Note" text;
