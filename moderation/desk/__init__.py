"""What everybody finds when they sit down: the day's work, and the clerk's log."""
