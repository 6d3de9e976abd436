-- name: fax-of(id)^
select fax
  from company.master where id = :id

-- name: rest
select id from company.slot
