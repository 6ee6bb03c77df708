"""Playlists as values that render themselves, and what a blocking request gets. Pure."""
