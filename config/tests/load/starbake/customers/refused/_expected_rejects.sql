select line, attribute, rule from audit.rejected
