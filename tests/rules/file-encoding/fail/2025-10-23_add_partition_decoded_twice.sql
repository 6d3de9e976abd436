SELECT 'ü';
CREATE TABLE IF NOT EXISTS marketing."fÃ¼r MÃ¤rz" PARTITION OF marketing.campaigns -- expect: file-encoding
    FOR VALUES FROM (1) TO (2);
