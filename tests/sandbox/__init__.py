"""Tests of the sandbox platforms."""
