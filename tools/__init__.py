"""What an agent may touch: MCP servers, their policies, and the wrappers between a model and an effect."""
