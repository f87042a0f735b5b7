"""The public append-only record and the vault that keeps the originals."""
