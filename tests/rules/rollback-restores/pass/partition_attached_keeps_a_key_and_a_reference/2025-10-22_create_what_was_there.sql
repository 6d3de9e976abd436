BEGIN;
CREATE TABLE marketing.pages (id bigint PRIMARY KEY);
CREATE TABLE marketing.visits (id bigint, at date) PARTITION BY RANGE (at);
ALTER TABLE marketing.visits ADD PRIMARY KEY (id, at), ADD CONSTRAINT visits_page FOREIGN KEY (id) REFERENCES marketing.pages;
CREATE TABLE marketing.visits_2026 (id bigint NOT NULL, at date NOT NULL);
COMMIT;
