"""Incidents: many who complain of one thing within minutes, answered together."""
