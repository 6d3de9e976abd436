"""Commands that write down what all migrations make together: the base schema, the contracts, the diagram."""
