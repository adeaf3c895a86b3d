"""Rules of the desk: what customers write is labelled, raised and kept for a colleague by terms that leads write."""
