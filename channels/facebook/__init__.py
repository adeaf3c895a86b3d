"""Comments on Facebook Pages, with their replies."""
