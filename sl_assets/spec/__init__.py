"""What a YAML file may say: templates, text with positions, models."""
