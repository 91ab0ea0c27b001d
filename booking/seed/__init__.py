"""Invented people and their appointments, for a laptop and for tests. Nobody in it exists."""
