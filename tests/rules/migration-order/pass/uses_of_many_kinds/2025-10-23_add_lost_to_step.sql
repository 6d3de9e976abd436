ALTER TYPE company.step ADD VALUE IF NOT EXISTS 'lost';
