"""The local stack: set-up, embedded PostgreSQL and Valkey, and the program that runs all parts in the foreground."""
