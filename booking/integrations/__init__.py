"""The world outside: for each neighbour a port (what we need of it) and adapters (ways to get it)."""
