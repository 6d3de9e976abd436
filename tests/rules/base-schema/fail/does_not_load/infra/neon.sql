CREATE TABLE company.master (id bigint); -- expect: base-schema
