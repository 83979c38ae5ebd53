"""What of a run waits for a person: kept up to date fact by fact, so that a key costs no walk over the run. Pure."""

from dataclasses import dataclass, field

from agents.service.wire import EventView


@dataclass
class Undecided:
    """Held calls nobody has decided on (by operation, in order), and operations whose outcome is unknown."""

    held: dict[str, EventView] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)

    def add(self, fact: EventView) -> None:
        """Take in the next fact of the run."""
        op = str(fact.op)
        match fact.kind:
            case "approval_requested":
                self.held[op] = fact
            case "approval_decided":
                self.held.pop(op, None)
            case "run_waited" if fact.data.get("reason") == "outcome_unknown":
                self.unknown = [str(one) for one in fact.data.get("ops") or []]
            case "run_waited" | "run_resumed":
                self.unknown = []
            case "outcome_decided" if op in self.unknown:
                self.unknown.remove(op)
            case _:
                pass
