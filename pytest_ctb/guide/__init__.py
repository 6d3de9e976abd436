"""What is asked of a repository: guideline files, profiles and the baseline; the questions, and their answers."""
