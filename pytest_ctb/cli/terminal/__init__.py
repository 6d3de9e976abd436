"""What the commands have to do with the terminal and the shell: a bar, colours, completion."""
