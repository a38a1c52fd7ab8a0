"""The demo: one invented city day, played in about two minutes on the real engines."""
