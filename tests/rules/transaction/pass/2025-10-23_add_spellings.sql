begin transaction isolation level serializable;
CREATE TABLE IF NOT EXISTS company.tag (id bigint);
end;
