"""Google Business Profile: reviews and their answers."""
