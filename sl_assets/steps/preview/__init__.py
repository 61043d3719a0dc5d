"""What the other steps would do now, by the same rules and without doing it: files, columns, and what stands in the way."""
