-- name: add_campaign
INSERT INTO marketing.campaigns (id, name) VALUES (:id, :name);
