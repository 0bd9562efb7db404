"""One house, lived in: every door of Yanlu is used by somebody, and what they type is all canaries."""
