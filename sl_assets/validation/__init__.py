"""Attributes and types as expressions: a relation in, accepted and rejected rows out."""
