-- replay: 42P01
SELECT * FROM company.nowhere;
