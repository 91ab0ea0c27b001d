"""Reads, each named by its question, ordered, with a fixed number of statements whatever the number of rows."""
