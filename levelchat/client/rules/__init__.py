"""The rules that a live LL-HLS server must keep, checked on what a client received."""
