"""Playlists as values: render, parse, and decide what a blocking request gets. Pure."""
