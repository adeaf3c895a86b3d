"""The demo: one invented agency, three invented brands, and the texts that reach them. Never in production."""
