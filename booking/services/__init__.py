"""Use cases: verbs with keyword-only arguments. Each is one transaction: load, ask the domain, write, keep history."""
