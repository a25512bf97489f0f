"""The command line: `group.py` names the commands, one file holds each of them, `opening.py` opens the desk."""
