"""One frozen, resolved project out of many files."""
