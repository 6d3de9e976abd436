-- name: first
select id from company.log

-- name: second$
select count(*)
from company.master
