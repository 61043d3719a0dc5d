"""Where files live, and how they move."""
