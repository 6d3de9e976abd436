-- Nothing to be done any more: what stood here is in 2025-10-24.
/* CREATE TABLE company.tag (id bigint);
   CREATE TABLE company.badge (id bigint); */
