CREATE TEXT SEARCH CONFIGURATION company.search (COPY = simple);
ALTER TEXT SEARCH CONFIGURATION company.search DROP MAPPING FOR word; -- expect: if-not-exists:1
