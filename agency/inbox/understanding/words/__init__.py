"""Word lists by language. Written for this product; no other source."""
