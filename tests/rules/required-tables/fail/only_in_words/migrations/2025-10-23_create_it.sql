-- CREATE TABLE company.tag (id bigint);
SELECT 'CREATE TABLE company.tag (id bigint)';
