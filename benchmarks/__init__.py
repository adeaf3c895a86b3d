"""Benchmarks of the product against floors: what the machine itself can do, measured in the same run."""
