"""Measurements against other people's tools. Not tests: nothing here passes or fails."""
