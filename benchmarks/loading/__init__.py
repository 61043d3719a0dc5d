"""The parts of `benchmarks/load.py`: what is read, who reads it, how that is measured and printed."""
