"""Stories as plain values, and the editions that put them before readers."""
