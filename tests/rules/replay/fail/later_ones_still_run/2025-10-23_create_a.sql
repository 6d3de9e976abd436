-- replay: 42704
CREATE TABLE company.a (id bigintt); -- expect: replay
