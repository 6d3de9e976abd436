"""What a statement does to the application that runs meanwhile, as far as its text says, and the safe way to do it."""
