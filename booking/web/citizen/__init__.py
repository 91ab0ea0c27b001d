"""The citizen's pages: booking in four steps, appointments, health contacts."""
