"""Holds what a tool server offers against what a version was proven with, when a run is about to show it to a model.

What is as it was costs one look in memory. Prevents: a tool with another description, other parameters or another
claim about its effect that reaches a model without anybody knowing.
"""

import structlog
from sqlalchemy.orm import Session

from agents.errors import ToolsDrifted, UsageError
from agents.prompts.bundle import Bundle
from agents.prompts.proven import seen
from agents.prompts.tool_lists import Met, find_held, list_met, pin, read_listing, write_drift
from tools.pins import DriftPolicy, Listing, compare, digest_of, in_words, listing_of
from traces.ids import short
from traces.recorder import Recorder

log = structlog.get_logger("strop.tools")


class ToolGuard:
    """One runtime's guard.

    Args:
        recorder: of the database with what was found before.
    """

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._known: set[tuple[str, str, str]] = set()
        """(bundle, server, digest) that is as it should be: stays so for good."""

    def check(
        self, digest: str, bundle: Bundle, server: str, tools: object, policy: DriftPolicy, *,
        run_id: str = "", recorded: bool = False,
    ) -> None:  # fmt: skip
        """Pass when the server offers what the version is held to, or the policy lets it go on.

        Args:
            digest: the version's.
            bundle: what it is.
            server: the server's name.
            tools: what it offers, as the record keeps it.
            policy: what happens otherwise.
            run_id: of the run that is about to use it.
            recorded: it comes from a recording, not from the server: there is nothing to hold it against.

        Raises:
            ToolsDrifted: with the changes, and how to accept them.
        """
        found = listing_of(tools)
        key = (digest, server, digest_of(found))
        if key in self._known:
            return
        changes = None if recorded and self._pinned_by_recording(digest, bundle, server, found) else (
            self._changes(digest, bundle, server, found, policy, run_id)
        )  # fmt: skip
        if changes and policy != "warn":
            raise self._drifted(digest, bundle, server, changes, policy)
        if not changes:
            self._known.add(key)

    def _pinned_by_recording(self, digest: str, bundle: Bundle, server: str, found: Listing) -> bool:
        with self._recorder.database.writing() as session:
            if not self._met(session, digest, bundle, server):
                pin(session, self._recorder, bundle.agent, digest, server, found)
        return True

    def _met(self, session: Session, digest: str, bundle: Bundle, server: str) -> list[Met]:
        """What the version met there, or brings with it: that is written down where it first meets the server."""
        met = list_met(session, digest, server)
        if met or server not in bundle.pins:
            return met
        pin(session, self._recorder, bundle.agent, digest, server, bundle.pins[server])
        return list_met(session, digest, server)

    def _changes(
        self, digest: str, bundle: Bundle, server: str, found: Listing, policy: DriftPolicy, run_id: str
    ) -> str:
        """The changes in words; empty where there are none."""
        name = digest_of(found)
        with self._recorder.database.writing() as session:
            met = self._met(session, digest, bundle, server)
            if any(one.digest == name and one.standing != "drifted" for one in met):
                return ""
            wanted = next((access.pin for access in bundle.tools if access.server == server and access.pin), None)
            if wanted is not None and wanted != name:
                return self._unlike_pin(session, digest, bundle, server, wanted, found, policy, run_id)
            held = find_held(session, bundle.agent, digest, server)
            if held is None or wanted is not None:
                pin(session, self._recorder, bundle.agent, digest, server, found)
                return ""
            before = read_listing(session, bundle.agent, held.digest)
            if held.bundle != digest:  # its first meeting: it is held to what the agent was held to before
                pin(session, self._recorder, bundle.agent, digest, server, before)
            changes = compare(seen(bundle, server, before), seen(bundle, server, found))
            if not changes:
                return ""
            news = write_drift(
                session, self._recorder, bundle.agent, digest, server, pinned=held.digest, found=found,
                changes=changes, policy=policy, run_id=run_id,
            )  # fmt: skip
        if news and structlog.is_configured():  # a service has a log; a command's standard output is its result
            log.warning("tools.drifted", agent=bundle.agent, server=server, policy=policy, changes=in_words(changes))
        return in_words(changes)

    def _unlike_pin(
        self, session: Session, digest: str, bundle: Bundle, server: str, wanted: str, found: Listing,
        policy: DriftPolicy, run_id: str,
    ) -> str:  # fmt: skip
        """The changes against what the version names; where that listing was never seen here, every tool is new."""
        try:
            before = read_listing(session, bundle.agent, wanted)
        except UsageError:
            before = {}
        changes = compare(seen(bundle, server, before), seen(bundle, server, found))
        if not changes:
            return ""
        write_drift(
            session, self._recorder, bundle.agent, digest, server, pinned=wanted, found=found, changes=changes,
            policy=policy, run_id=run_id,
        )  # fmt: skip
        return in_words(changes)

    def _drifted(self, digest: str, bundle: Bundle, server: str, changes: str, policy: DriftPolicy) -> ToolsDrifted:
        look = f"strop tools diff {server} --agent {bundle.agent}"
        accept = f"{look}; then strop tools accept {server} --agent {bundle.agent} --reason WHY, and resume the run."
        mend = f"{look}; bring the server back to what it was, or approve a version that was proven with it."
        return ToolsDrifted(
            f"tool server {server!r} is not what version {short(digest)} was proven with: {changes}",
            hint=accept if policy == "approve" else mend,
        )
