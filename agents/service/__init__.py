"""The HTTP service: shapes on the wire, routes, errors to statuses."""
