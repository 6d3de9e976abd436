SELECT 'plain';
