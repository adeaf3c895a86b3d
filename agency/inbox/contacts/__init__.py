"""People who write: their identities, what proves that two are one person, and what staff know of them."""
