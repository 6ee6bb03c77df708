"""Forwards RTP without decoding, to the stage and to relays below."""
