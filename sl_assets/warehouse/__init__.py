"""One package per engine, with the same file names in each."""
