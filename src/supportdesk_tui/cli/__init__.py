"""The command line: one file a command group, everything heavy imported inside the command."""
