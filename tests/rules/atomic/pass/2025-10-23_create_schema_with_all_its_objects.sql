CREATE SCHEMA outreach
    CREATE TABLE message (id bigint PRIMARY KEY, body text)
    CREATE INDEX message_body_idx ON message (body)
    CREATE VIEW bodies AS SELECT body FROM message;
