"""Forwards RTP without decoding: sources in, outlets out, over the shards of one endpoint."""
