"""Texts that wait for a person before they may stand in a prompt: the agent's stream `quarantine_AGENT`.

Prevents a text that was once refused from coming in by another night: it is held once, and only a person lets it go.
"""

from dataclasses import dataclass
from typing import Literal

from optimizer.screen import Held
from traces.errors import NotFound, OperationTaken
from traces.events import HeldTextDecided, TextHeld
from traces.provenance import Provenance
from traces.recorder import Recorder
from traces.store import read_events

Decision = Literal["release", "drop"]


@dataclass(frozen=True)
class Waiting:
    """A held text, and what was decided on it (None: nothing yet)."""

    id: str
    held: TextHeld
    decision: Decision | None = None
    by: Provenance | None = None


class Quarantine:
    """The held texts of one agent."""

    def __init__(self, recorder: Recorder, agent: str) -> None:
        self._recorder = recorder
        self._stream = f"quarantine_{agent}"

    def hold(self, held: Held) -> None:
        """Keep a text for a person; one that is known already stays as it is."""
        event = TextHeld(op=held.id, text=held.text, place=held.place, source=held.source, why=list(held.why))
        try:
            self._recorder.append(self._stream, event)
        except OperationTaken:
            return

    def all(self) -> list[Waiting]:
        """Every text that was ever held, oldest first."""
        found: dict[str, Waiting] = {}
        with self._recorder.database.reading() as session:
            stored = read_events(session, self._stream)
        for one in stored:
            event = one.event
            if isinstance(event, TextHeld) and event.op is not None:
                found[event.op] = Waiting(event.op, event)
            elif isinstance(event, HeldTextDecided) and event.op in found:
                found[event.op] = Waiting(event.op, found[event.op].held, event.decision, event.provenance)
        return list(found.values())

    def released(self) -> frozenset[str]:
        """Ids of the texts that may stand in prompts."""
        return frozenset(one.id for one in self.all() if one.decision == "release")

    def decide(self, name: str, decision: Decision, provenance: Provenance) -> Waiting:
        """A person's word on the text whose id begins with `name`; the newest word counts.

        Raises:
            NotFound: no such text, or more than one.
        """
        known = self.all()
        found = [one for one in known if one.id.removeprefix("sha256:").startswith(name.removeprefix("sha256:"))]
        if len(found) != 1:
            what = "held text" if not found else "single held text (several match)"
            raise NotFound(what, name, hint="`strop examples held AGENT` shows those there are.")
        with self._recorder.database.reading() as session:
            before = [one for one in read_events(session, self._stream) if one.event.op == found[0].id]
        attempt = sum(isinstance(one.event, HeldTextDecided) for one in before) + 1
        event = HeldTextDecided(op=found[0].id, attempt=attempt, decision=decision, provenance=provenance)
        self._recorder.append(self._stream, event)
        return Waiting(found[0].id, found[0].held, decision, provenance)
