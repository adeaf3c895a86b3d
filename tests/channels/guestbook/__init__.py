"""A hotel's guest book: a platform that lives in tests alone, and is all that a platform must be."""
