"""Running agents: definitions, bundles, the journal that makes a run durable, and the HTTP service."""
