"""One module per file format: files in, a relation of raw columns out."""
