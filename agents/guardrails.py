"""Guardrails at work: what a run is asked, and what it is about to answer, held against its version's rules.

What is met is on record as a fact of the run; what stops a run is one clear error, or the answer that the version has
for it. Deterministic over what is recorded, so a resumed run stops where it stopped. Prevents: a rule that is checked
by whoever happens to be in front of the agent, and an answer that was shown before it was looked at.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from pydantic_ai import ModelRetry, RunContext
from pydantic_ai.messages import ModelRequest, ModelResponse, TextPart, UserPromptPart

from agents.errors import GuardrailMet
from agents.journal import Delta, Journal, current_journal
from tools.guardrails import Check, Guardrail, Then, Where, first_met
from traces.events import GuardrailTripped
from traces.ids import canonical_json

SHOWN_AT_ONCE = frozenset({"progress"})
"""Pieces that nobody has to look at before they are shown: they are a tool's, not the answer's."""


class Withheld(Exception):
    """Not an error: the version's own answer takes the place of what met a guardrail."""

    def __init__(self, rail: Guardrail) -> None:
        super().__init__(rail.name)
        self.rail = rail


def check_input(journal: Journal, rails: Sequence[Guardrail], text: str) -> None:
    """Pass when the agent may be asked this.

    Raises:
        Withheld, GuardrailMet: it may not; it is on record.
    """
    met = first_met(rails, "input", text)
    if met is not None:
        _record(journal, *met, "input", "refuse")
        raise stopped(met[0], "what it was asked")


def output_check(rails: Sequence[Guardrail]) -> Callable[[RunContext[Any], Any], Awaitable[Any]]:
    """The validator of answers that these rails make."""

    async def check(
        ctx: RunContext[Any], output: Any
    ) -> Any:  # on the loop: a plain function would be run in a thread
        met = first_met(rails, "output", output)
        if met is None or ctx.partial_output:
            return output
        rail, by = met
        again = rail.then == "retry" and ctx.retry < ctx.max_retries
        _record(current_journal(), rail, by, "output", "retry" if again else "refuse")
        if again:
            raise ModelRetry(rail.say or f"This answer is not allowed here ({rail.name}). Answer without that.")
        raise stopped(rail, "its answer")

    return check


def held_back(rails: Sequence[Guardrail], on_delta: Delta | None) -> Delta | None:
    """Who looks on, without the pieces of answers that were not looked at yet."""
    if on_delta is None or all(one.where != "output" for one in rails):
        return on_delta

    def show(kind: str, piece: str) -> None:
        if kind in SHOWN_AT_ONCE:
            on_delta(kind, piece)

    return show


def stopped(rail: Guardrail, what: str) -> Exception:
    """How a run ends that met this rail."""
    if rail.answer is not None:
        return Withheld(rail)
    why = f": {rail.say}" if rail.say else ""
    return GuardrailMet(
        f"guardrail {rail.name!r} stopped the run at {what}{why}",
        hint="`strop runs show` says which check; the rule is the version's: strop bundles show.",
    )


def closing_of(rail: Guardrail, asked: str) -> list[Any]:
    """What the next turn is told of a run that was answered by its rail: what the customer saw."""
    from pydantic_ai.messages import ModelMessagesTypeAdapter

    said = rail.answer if isinstance(rail.answer, str) else canonical_json(rail.answer)
    told = [ModelResponse(parts=[TextPart(said)])]
    before = [ModelRequest(parts=[UserPromptPart(asked)])] if rail.where == "input" else []
    dumped = ModelMessagesTypeAdapter.dump_python([*before, *told], mode="json")
    return [
        {key: value for key, value in one.items() if key not in {"timestamp", "run_id", "conversation_id"}}
        for one in dumped
    ]


def _record(journal: Journal, rail: Guardrail, by: Check, where: Where, then: Then) -> None:
    op = journal.next_key("guardrail")
    if journal.recording.find(op) is None:
        journal.record(
            GuardrailTripped(
                op=op, step=journal.requests or None, name=rail.name, where=where, check=by, then=then, say=rail.say
            )
        )
