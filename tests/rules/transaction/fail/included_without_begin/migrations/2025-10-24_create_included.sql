\ir lib/tag.psql -- expect: transaction
