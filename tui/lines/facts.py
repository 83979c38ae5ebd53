"""The facts of a stream, held as the JSON they came in: a long run costs its text, not a tree of objects a fact.

The text is one piece of memory, for it goes back to the system as one when the run is left. Prevents: a terminal that
stays as large as the longest run it ever showed, because small pieces of it are strewn among what it goes on with.
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterator, Mapping

from agents.service.wire import EventView


class Facts(Mapping[int, EventView]):
    """Facts by seq. A fact that is looked at is read anew."""

    def __init__(self) -> None:
        self._text = bytearray()
        self._seqs, self._starts, self._ends = array("q"), array("q"), array("q")
        """In the order of seqs: which facts there are, and where the text of each begins and ends."""
        self.last_seq = 0
        """The seq of the newest fact; 0 when there is none."""
        self.last_id = 0
        """The highest id over all streams."""

    def put(self, fact: EventView) -> None:
        """Hold a fact that is not held yet."""
        at, start = self._place(fact.seq), len(self._text)
        self._text += fact.model_dump_json(exclude_defaults=True).encode()
        for places, value in ((self._seqs, fact.seq), (self._starts, start), (self._ends, len(self._text))):
            places.insert(at, value)
        self.last_seq, self.last_id = max(self.last_seq, fact.seq), max(self.last_id, fact.id)

    def _place(self, seq: int) -> int:
        """Where the fact stands, or would stand; facts come in order, so it is mostly the end."""
        return len(self._seqs) if seq > self.last_seq else bisect_left(self._seqs, seq)

    def __getitem__(self, seq: int) -> EventView:
        if seq not in self:
            raise KeyError(seq)
        at = self._place(seq)
        return EventView.model_validate_json(bytes(self._text[self._starts[at] : self._ends[at]]))

    def __contains__(self, seq: object) -> bool:
        if not isinstance(seq, int):
            return False
        at = self._place(seq)
        return at < len(self._seqs) and self._seqs[at] == seq

    def __iter__(self) -> Iterator[int]:
        return iter(self._seqs)

    def __len__(self) -> int:
        return len(self._seqs)
