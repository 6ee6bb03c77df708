"""CMAF (ISO/IEC 23000-19) as bytes: headers, chunks, and what they say of a bitstream."""
