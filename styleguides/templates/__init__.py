"""Guides to start from, as files in the documented form (`docs/style-guide-format.md`)."""
