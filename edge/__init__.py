"""Holds windows of parts in memory and answers LL-HLS."""
