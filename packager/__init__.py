"""Turns a broadcast's frames into renditions and CMAF parts, one process each."""
