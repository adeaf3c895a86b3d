"""Comments on Instagram professional accounts, with their replies."""
