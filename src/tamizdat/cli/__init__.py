"""Words in and out: one file a verb."""
