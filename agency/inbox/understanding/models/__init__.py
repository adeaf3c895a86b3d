"""Trained weights by language, each file with its sources and licences."""
