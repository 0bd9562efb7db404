"""Time limits: rules with their articles, and what each report is owed by which day."""
