"""SQL as text and as a tree: names, dependencies, dialects."""
