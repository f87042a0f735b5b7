"""How fast the field page seals in Chromium."""
