"""The facts of a stream, held as the JSON they came in: a long run costs its text, not a tree of objects a fact."""

from collections.abc import Iterator, Mapping

from agents.service.wire import EventView


class Facts(Mapping[int, EventView]):
    """Facts by seq. A fact that is looked at is read anew."""

    def __init__(self) -> None:
        self._held: dict[int, bytes] = {}
        self.last_seq = 0
        """The seq of the newest fact; 0 when there is none."""
        self.last_id = 0
        """The highest id over all streams."""

    def put(self, fact: EventView) -> None:
        """Hold a fact."""
        self._held[fact.seq] = fact.model_dump_json(exclude_defaults=True).encode()
        self.last_seq, self.last_id = max(self.last_seq, fact.seq), max(self.last_id, fact.id)

    def __getitem__(self, seq: int) -> EventView:
        return EventView.model_validate_json(self._held[seq])

    def __contains__(self, seq: object) -> bool:
        return seq in self._held

    def __iter__(self) -> Iterator[int]:
        return iter(self._held)

    def __len__(self) -> int:
        return len(self._held)
