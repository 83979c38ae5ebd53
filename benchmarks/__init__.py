"""Measurements, each a `make bench-…` target whose last line is one JSON object. None of them is a test."""
