INSERT INTO company.log (id, note) VALUES (1, '✓ déjà vu — «être» … ½ l à 20 °C');
