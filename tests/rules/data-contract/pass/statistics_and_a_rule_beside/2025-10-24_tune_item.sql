BEGIN;
CREATE STATISTICS shop.item_words ON name, note FROM shop.item;
CREATE RULE keep_lamps AS ON DELETE TO shop.item WHERE OLD.name = 'lamp' DO INSTEAD NOTHING;
COMMIT;
