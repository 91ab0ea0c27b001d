"""Booking: everything but the video room. Layers: web → services → domain / queries / models / integrations."""
