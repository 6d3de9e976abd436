"""What `ctb check` can do besides reading files: replay them, and check again at each change."""
