"""Who may do what: roles, tokens, and whoever stands behind a request."""
