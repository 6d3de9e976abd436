-- name: call_it
SELECT company.size_of('12');
