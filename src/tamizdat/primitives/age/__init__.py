"""Age files (age-encryption.org/v1) over cryptography: header, recipients, stream, armor."""
