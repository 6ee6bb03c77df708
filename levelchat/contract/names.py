"""Names that appear in URLs."""

ROOM = r"r_[A-Za-z0-9_-]{1,64}"
"""A room's id, and its media id (rooms.md §4): a pattern for all that read one."""
