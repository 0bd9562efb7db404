"""The lead ledger: every lead of an organ by number, its words sealed to the organ that holds it."""
