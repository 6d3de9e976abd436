-- What the cases of the pack `online` stand on. Each case has a copy of the schema for itself.
CREATE SCHEMA shop;
CREATE TABLE shop.customers (id bigint PRIMARY KEY, email varchar(60), note text, filler varchar(100));
CREATE UNIQUE INDEX customers_email ON shop.customers (email);
CREATE TABLE shop.orders (
    id bigint PRIMARY KEY, customer_id bigint, status varchar(20), total int, code varchar(10), placed timestamp, filler varchar(100)
);
CREATE INDEX orders_status ON shop.orders (status);
CREATE TABLE shop.items (id bigint PRIMARY KEY, order_id bigint REFERENCES shop.orders (id), amount int NOT NULL, filler varchar(100));
CREATE VIEW shop.open_orders AS SELECT id, customer_id, status FROM shop.orders WHERE status = 'open';
CREATE VIEW shop.vip AS SELECT c.id, c.email FROM shop.customers c JOIN shop.open_orders o ON o.customer_id = c.id;
CREATE MATERIALIZED VIEW shop.daily AS SELECT id, status FROM shop.orders;
CREATE UNIQUE INDEX daily_id ON shop.daily (id);
CREATE TABLE shop.events (id bigint, at date, kind varchar(20), filler varchar(100)) PARTITION BY RANGE (at);
CREATE TABLE shop.events_2024 PARTITION OF shop.events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE shop.events_2025 (id bigint, at date, kind varchar(20), filler varchar(100));
CREATE TABLE shop.logs (id bigint, line text, filler varchar(100));
CREATE TABLE shop.logs_web (url text) INHERITS (shop.logs);
CREATE TABLE shop.settings (key text PRIMARY KEY, value text, filler varchar(100));
CREATE TYPE shop.mood AS ENUM ('good', 'bad');
CREATE TABLE shop.moods (id bigint PRIMARY KEY, mood shop.mood, filler varchar(100));
CREATE FUNCTION shop.double(n int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT n * 2';
CREATE VIEW shop.doubled AS SELECT id, shop.double(total) AS total FROM shop.orders;
CREATE SEQUENCE shop.numbers;
CREATE TABLE shop.numbered (id bigint DEFAULT nextval('shop.numbers'), filler varchar(100));
