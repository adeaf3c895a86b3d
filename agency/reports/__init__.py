"""What a lead looks at: the wall of what is about to go wrong, and figures of how brands are answered."""
