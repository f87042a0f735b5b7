"""What an object is committed to, so that a part can be hidden and the rest proven."""
