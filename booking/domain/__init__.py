"""Pure rules: standard library only, no database, no web; the current time is always an argument."""
