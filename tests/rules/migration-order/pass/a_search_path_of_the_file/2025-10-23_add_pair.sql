SET search_path = people, public;
CREATE TABLE pair (id bigint PRIMARY KEY, of_person bigint REFERENCES master (id));
