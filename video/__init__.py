"""The video visit's server: an own process that forwards encoded media between the admitted seats of a room."""
