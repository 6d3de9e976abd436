SELECT 'voilà !', 'OÙ ?', 'DÉJÀ VU', 'À bientôt', '« été »', 'OÙ’';
