"""The checks of the pack `online`: what a migration does to the application that runs meanwhile."""
