-- ctb:no-transaction: a label
ALTER TYPE shop.colour ADD VALUE IF NOT EXISTS 'green'; -- expect: data-contract
