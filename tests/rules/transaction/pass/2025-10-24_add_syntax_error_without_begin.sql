-- replay: 42601
CREATE TABEL company.tag (id bigint);
