"""Forums and visits at which people are asked for their view, and what they said there."""
