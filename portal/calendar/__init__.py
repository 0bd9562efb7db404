"""Working days and the counting of time limits, over a calendar that knows holidays and make-up working
days.
"""
