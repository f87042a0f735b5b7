"""How fast the verifier page is."""
