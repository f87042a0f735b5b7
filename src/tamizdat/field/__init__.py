"""What is sealed: a bag in a tar in an age file."""
