"""The demonstration: the whole path walked in a throw-away newsroom, through the commands a user types."""
