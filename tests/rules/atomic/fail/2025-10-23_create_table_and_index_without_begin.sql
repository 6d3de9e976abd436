CREATE TABLE company.tag (id bigint PRIMARY KEY, label text); -- expect: atomic
CREATE INDEX tag_label_idx ON company.tag (label);
INSERT INTO company.tag VALUES (1, 'lead');
