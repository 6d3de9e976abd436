BEGIN;
CREATE TABLE IF NOT EXISTS marketing."Event" ("Id" bigint NOT NULL, "At" date NOT NULL, "Kind" text) PARTITION BY RANGE ("At");
CREATE TABLE IF NOT EXISTS marketing."Event 2024" PARTITION OF marketing."Event" FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE IF NOT EXISTS marketing."Kind" ("Name" text PRIMARY KEY);
COMMIT;
