"""The only rooms that touch disk, clock and dice."""
