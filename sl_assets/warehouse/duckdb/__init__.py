"""The embedded engine: one file, one writer."""
