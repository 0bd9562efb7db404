"""The queue: one narrow row per report, from hold to decision."""
