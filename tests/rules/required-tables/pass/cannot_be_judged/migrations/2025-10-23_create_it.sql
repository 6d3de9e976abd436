-- replay: 42P01
CREATE TABLE company.tag (LIKE company.nowhere);
