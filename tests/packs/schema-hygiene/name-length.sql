CREATE SCHEMA s;
CREATE TABLE s.a_name_that_somebody_thought_could_be_as_long_as_a_sentence_is_and_more (id int); -- expect
CREATE TABLE s.b (id int, -- a column
  a_name_that_somebody_thought_could_be_as_long_as_a_sentence_is_ int -- expect
);
CREATE TABLE s.c (id int, CONSTRAINT a_name_that_somebody_thought_could_be_as_long_as_a_sentence_is_ CHECK (id > 0)); -- expect
CREATE INDEX i_name_that_somebody_thought_could_be_as_long_as_a_sentence_is_and_more_index ON s.b (id); -- expect
CREATE TABLE s.a_name_that_somebody_thought_could_be_as_long_as_a_sentence_is (id int);
CREATE TABLE s."ääääääääääääääääääääääääääääääää" (id int);
CREATE TABLE s."bäääääääääääääääääääääääääääääää" (id int); -- expect
CREATE TABLE s.short (id int NOT NULL);
