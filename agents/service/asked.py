"""What a request may ask for beside its body. Prevents a misspelt filter that is answered as if it were not there."""

from typing import Final

from fastapi import Request
from fastapi.dependencies.utils import get_flat_params
from fastapi.params import Query

from agents.errors import UsageError

OPEN: Final = frozenset({"/v1/traces", "/health", "/ready"})
"""What other people's programs ask, which may add something of their own to an address."""


async def only_known(request: Request) -> None:
    """Stand before every route, after `authorize`.

    Raises:
        UsageError: the address has query parameters that the route does not know; it says which it does.
    """
    route = request.scope["route"]
    if not request.query_params or route.path in OPEN:
        return
    known = sorted(one.alias for one in get_flat_params(route.dependant) if isinstance(one.field_info, Query))
    unknown = sorted(set(request.query_params) - set(known))
    if unknown:
        told = ", ".join(repr(name[:60]) for name in unknown[:5])
        hint = f"Known: {', '.join(known)}." if known else "This address takes none: what it needs is in the body."
        raise UsageError(f"no query parameter is called {told} here", hint=hint)
