"""Terminates WebRTC from publishers (WHIP) and hands on encoded frames."""
