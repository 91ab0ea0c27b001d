"""The doctor's pages: the day, and what a doctor does with a visit."""
