"""The video servers, each a process of its own that holds rooms: what the house asks of them."""
