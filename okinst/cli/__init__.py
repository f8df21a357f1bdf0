"""The command line. Nothing imports this room."""
