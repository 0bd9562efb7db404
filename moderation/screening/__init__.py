"""Automatic checks: text in, findings out. They raise and protect; they never change, reject or discard."""
