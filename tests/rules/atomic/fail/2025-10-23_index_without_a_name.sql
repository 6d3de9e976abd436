-- ctb:no-transaction: the table is in use all day
CREATE INDEX CONCURRENTLY ON company.master (size_label); -- expect: atomic
