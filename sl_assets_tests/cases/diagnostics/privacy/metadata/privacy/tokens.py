def tokenise(values): return values
