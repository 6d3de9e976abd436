-- replay: 0A000
CREATE LANGUAGE nowhere; -- expect: if-not-exists
CREATE TRUSTED LANGUAGE nowhere HANDLER company.touch; -- expect: if-not-exists
CREATE TRANSFORM FOR company.stage LANGUAGE sql (FROM SQL WITH FUNCTION company.touch()); -- expect: if-not-exists
