"""The rooms plane: who may do what in a room, when it ends, and what it cost. No media."""
