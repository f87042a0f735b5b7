"""How it travels: any k of n parts, damaged or not, are enough."""
