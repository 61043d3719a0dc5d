"""One factory per kind of step: preload, import, load, transform."""
