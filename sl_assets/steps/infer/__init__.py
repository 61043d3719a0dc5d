"""From files to the YAML of their table: what `sl-assets infer` and `sl-assets load-new` do."""
