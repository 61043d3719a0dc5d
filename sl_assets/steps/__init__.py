"""The verbs: stage, load, transform, expect. Plain functions from a project and resources to a report."""
