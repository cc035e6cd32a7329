"""The conversation: what is asked next, what is probed, and the one path through a session."""
