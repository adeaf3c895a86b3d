"""Mails to people, one folder a notice."""
