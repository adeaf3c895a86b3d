"""The checker, the languages it knows, guides and guidelines."""
