"""The newsroom's work, composed from the stages through ports; the command line and the desk both call it."""
