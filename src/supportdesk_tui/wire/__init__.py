"""The native API on the wire; shared by the native adapter and the server, by nobody else."""
