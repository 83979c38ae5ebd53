"""What was erased from the ledger or taken into it. These facts hold no words of those whose words are gone."""

from typing import Literal

from traces.events.fact import Event
from traces.provenance import Provenance

Because = Literal["forget", "retention"]


class WordsErased(Event):
    """Words were taken out of earlier facts of this stream. `strop verify` accepts the stubs named here alone."""

    BODIES = frozenset({"events"})
    OUTSIDE = frozenset({"provenance"})
    kind: Literal["words_erased"] = "words_erased"
    erasure: str
    because: Because = "forget"
    events: list[tuple[int, int]]
    """From seq to seq, both included, in order."""
    stubs: str
    """Digest over what remains of them, so that it can be changed no more than what was there."""
    whole: bool = False
    """True: the whole run was erased, and nothing can be added to it."""
    provenance: Provenance


class ErasureDone(Event):
    """One act of erasing came to its end: the sum of it, in the stream `erasures`."""

    BODIES = frozenset({"streams"})
    OUTSIDE = frozenset({"provenance"})
    kind: Literal["erasure_done"] = "erasure_done"
    erasure: str
    because: Because = "forget"
    streams: list[str]
    """Runs, nights and decisions in which something was erased."""
    runs: int = 0
    events: int = 0
    bodies: int = 0
    bundles: list[str] = []
    """Versions whose examples quoted what was erased; they can serve no more."""
    provenance: Provenance


class RunsImported(Event):
    """Runs of another ledger were taken in, in the stream `imports`. Their own facts are older than this one."""

    BODIES = frozenset({"rewritten"})
    OUTSIDE = frozenset({"source", "provenance"})
    kind: Literal["runs_imported"] = "runs_imported"
    source: str
    """Name of the file."""
    runs: int
    rewritten: list[str] = []
    """Those of which something had to be taken out."""
    provenance: Provenance
