CREATE TYPE company.step AS ENUM ('new', 'won');
CREATE SEQUENCE IF NOT EXISTS company.step_numbers;
