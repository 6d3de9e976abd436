"""Files in: folders, layouts, the order of the migrations, git, and one SQL file to one Migration."""
