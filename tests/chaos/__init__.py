"""Seeded chaos: real server, real client on a pseudo terminal, a proxy that breaks things between them, two oracles."""
