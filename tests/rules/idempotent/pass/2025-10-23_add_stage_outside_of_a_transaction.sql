-- ctb:no-transaction: a new value can only be used once it is committed
ALTER TYPE company.stage ADD VALUE IF NOT EXISTS 'lost' AFTER 'won';
