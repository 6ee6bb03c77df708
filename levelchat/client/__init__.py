"""Clients of a LevelChat server: a publisher of a test pattern, and a viewer that checks rules."""
