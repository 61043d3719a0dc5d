"""The sl-assets command."""
