"""Bundles (prompt versions): what they are, which steps they may take, who decided, which one is live."""
