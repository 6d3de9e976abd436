CREATE TABLE IF NOT EXISTS company.log_of_steps (
    id bigint DEFAULT nextval('company.step_numbers'),
    step company.step
);
