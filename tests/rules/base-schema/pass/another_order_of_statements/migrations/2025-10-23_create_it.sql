CREATE TABLE company.x (id bigint);
CREATE TABLE company.y (id bigint);
COMMENT ON TABLE company.y IS 'why';
