"""What a version was proven with, put inside it: the tools it met, and the judges whose word was taken.

A draft knows neither. Before evidence is made for a version it becomes one that carries them, so that the digest that
is signed names them too. Prevents: a proof that holds for other tools, or by another judge, than those that serve.
"""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from agents.prompts.bundle import Bundle
from agents.prompts.store import add_bundle, get_bundle
from agents.prompts.tool_lists import find_held, read_listing
from tools.pins import Listing, visible


def proven_with(session: Session, bundle: Bundle, digest: str, judges: Sequence[str] = ()) -> Bundle:
    """The bundle with the tools that its version `digest` met (else what the agent is held to), and these judges.

    The same as it was where it carries them already, or where nothing is known of a server.
    """
    found = dict(bundle.pins)
    for server in dict.fromkeys(access.server for access in bundle.tools):
        held = find_held(session, bundle.agent, digest, server)
        if held is not None:
            found[server] = seen(bundle, server, read_listing(session, bundle.agent, held.digest))
    return with_pins(bundle, found, judges or bundle.judges)


def add_carrying(session: Session, bundle: Bundle, of: str) -> str:
    """Keep the version that carries what it is to be proven with; gives its digest.

    Its author is who wrote the version `of`, as it was written: to put pins into it makes nobody an author, and takes
    nobody's name off it, who then could sign it. The session must come from `writing()`.
    """
    written = get_bundle(session, of)
    # Beside the version that it stands for, not below it: whoever reads the diff wants to see what was written.
    above = written.parent if written.parent is not None else of
    return add_bundle(
        session, bundle, author=written.author, author_kind=written.author_kind, parent=above,
        merged=written.merged, note=written.note,
    )  # fmt: skip


def with_pins(bundle: Bundle, pins: dict[str, Listing], judges: Sequence[str] = ()) -> Bundle:
    """The bundle that carries these; itself where it does already."""
    if bundle.pins == pins and bundle.judges == tuple(judges):
        return bundle
    return bundle.with_(pins=pins, judges=list(judges))


def seen(bundle: Bundle, server: str, listing: Listing) -> Listing:
    """What of a server's listing the agent may touch: the rest its model never reads."""
    found: Listing = {}
    for access in bundle.tools:
        if access.server == server:
            found |= visible(listing, access.allow, access.deny)
    return found
