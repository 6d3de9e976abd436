-- name: future
SELECT vat FROM company.master WHERE vat = :vat;
