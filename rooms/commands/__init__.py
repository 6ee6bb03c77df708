"""Commands of rooms, found by name from levelchat.cli."""
