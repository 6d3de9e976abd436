INSERT INTO company.slot (id, payload) VALUES (1, '{"domain": "acme.example"}'), (2, '{"domain": "globex.example"}');
