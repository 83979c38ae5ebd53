"""MCP servers that ship with Strop. Each is a program of its own and imports nothing of ours."""
