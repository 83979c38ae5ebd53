"""From the ledger's runs and what people said about them to examples.

Prevents learning from what must stay unseen or is not to be trusted: held-out and evaluation runs are never mined,
right answers come from trusted tiers only and are settled among several people, copies are dropped, and families keep
their names over all nights.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from sqlalchemy.orm import Session

from agents.definitions import Metric
from optimizer.answers import RecordedRun, read_run
from optimizer.examples import Example, Tier, example_id
from optimizer.families import COPY, FAMILY, Nearest
from optimizer.meaning import ALIKE, NearestMeaning, vectors
from optimizer.metric import PARTS, can_score, score
from optimizer.reviewers import Standing, Vote, hostile, settle
from traces.events import UNASKED, Event, FeedbackGiven
from traces.signals import list_signals
from traces.standing import JUDGED, standing
from traces.store import agents_of, find_runs, last_event_id, read_feed
from traces.summary import RunSummary

TRUSTED: Final[tuple[Tier, ...]] = ("reviewer", "program", "imported")
"""Whose corrections count as right answers. A customer's word is never taken for one."""

PAGE: Final = 1000


@dataclass(frozen=True)
class Mined:
    """The examples in order of their first feedback, what was left out and why, and the last event looked at."""

    examples: tuple[Example, ...]
    left_out: Mapping[str, int] = field(default_factory=dict)
    through: int = 0
    unheard: Mapping[str, Standing] = field(default_factory=dict)
    """Reviewers who contradict the others again and again: nothing is learned from them."""


def mine(
    session: Session, agent: str, metric: Metric, *, through: int | None = None, trusted: Sequence[Tier] = TRUSTED
) -> Mined:
    """Examples of one agent from all feedback up to the event `through` (None: all there is).

    The same `through` always gives the same examples, so a resumed night sees what it saw before.
    """
    through = last_event_id(session) if through is None else through
    drafts: list[_Draft] = []
    left_out: Counter[str] = Counter()
    shelf = _Shelf()
    judged = _feedback(session, agent, through)
    for run in _runs_of(session, list(judged)):
        found = _draft(session, run, judged[run.id], metric, trusted)
        placed = found if isinstance(found, str) else shelf.place(found)
        if isinstance(placed, str):
            left_out[placed] += 1
        else:
            drafts.append(placed)
    unheard = hostile(_by_family(drafts))
    kept: list[Example] = []
    for draft in drafts:
        example = _example(draft, metric, unheard)
        if isinstance(example, str):
            left_out[example] += 1
        else:
            kept.append(example)
    return Mined(tuple(kept), dict(sorted(left_out.items())), through, unheard)


def _feedback(session: Session, agent: str, through: int) -> dict[str, list[FeedbackGiven]]:
    """Judgements on the agent's runs by run, in order of their first one: an order that later feedback cannot change.

    What was taken back up to then is left out. What was said of other agents is let go page by page.
    """
    found: dict[str, list[Event]] = {}
    after = 0
    while page := read_feed(session, after=after, kinds=JUDGED, limit=PAGE):
        own = agents_of(session, {stored.stream for stored in page})
        for stored in page:
            if stored.id <= through and own.get(stored.stream) == agent:
                found.setdefault(stored.stream, []).append(stored.event)
        after = page[-1].id
        if after > through:
            break
    judged = {run_id: standing(facts) for run_id, facts in found.items()}
    return {run_id: given for run_id, given in judged.items() if given}


def _runs_of(session: Session, run_ids: Sequence[str]) -> Iterator[RunSummary]:
    """These runs as the list has them, in the same order."""
    for start in range(0, len(run_ids), PAGE):
        names = run_ids[start : start + PAGE]
        found = find_runs(session, names)
        yield from (found[name] for name in names)


@dataclass(frozen=True)
class _Draft:
    """A run with what people said of it, and of its copies, before it is settled who is right."""

    run: RunSummary
    recorded: RecordedRun
    votes: list[Vote]
    untrusted: tuple[str, ...]
    family: str = ""


def _draft(
    session: Session, run: RunSummary, feedback: list[FeedbackGiven], metric: Metric, trusted: Sequence[Tier]
) -> _Draft | str:
    if run.erased_at is not None:
        return "erased"
    if run.origin in UNASKED:
        return "evaluation run"
    if run.status not in {"finished", "failed"}:
        return "not ended"
    recorded = read_run(session, run.id)
    if recorded.started.metadata.get("pool") == "held_out":
        return "held out"
    credible = [one for one in feedback if one.tier in trusted]
    if any(_only_called_right(one) for one in credible) and _speaks_against(session, run.id):
        credible = [one for one in credible if not _only_called_right(one)]
    if not credible:
        return "no word of a trusted tier"
    outside = tuple(one.comment for one in feedback if one.tier not in trusted and one.comment.strip())
    return _Draft(run, recorded, _votes(credible, recorded, metric), outside)


def _only_called_right(one: FeedbackGiven) -> bool:
    return one.tier == "program" and one.correction is None and (one.score or 0.0) >= 1.0


def _speaks_against(session: Session, run_id: str) -> bool:
    """A program that calls a run right does not outweigh the customer who had to say it again, or was handed on."""
    return any(one.signal != "abandonment" for one in list_signals(session, [run_id])[run_id])


def _votes(credible: list[FeedbackGiven], recorded: RecordedRun, metric: Metric) -> list[Vote]:
    """Each person's newest word, in order of when it was said."""
    said: dict[str, list[FeedbackGiven]] = {}
    for one in credible:
        said.setdefault(one.provenance.identity, []).append(one)
        said[one.provenance.identity] = said.pop(one.provenance.identity)  # the newest speaker last
    votes = []
    for by, own in said.items():
        expected, tier = _expected(own, recorded, metric)
        comments = tuple(dict.fromkeys(" ".join(one.comment.split()) for one in own if one.comment.strip()))
        score = next((_score(one) for one in reversed(own) if _score(one) is not None), None)
        votes.append(Vote(by, tier, expected if can_score(metric, expected) else {}, comments, score))
    return votes


def _score(one: FeedbackGiven) -> float | None:
    """A correction says that the answer was wrong, also where nobody wrote a zero beside it."""
    return 0.0 if one.score is None and one.correction is not None else one.score


def _by_family(drafts: Sequence[_Draft]) -> dict[str, list[Vote]]:
    found: dict[str, list[Vote]] = {}
    for draft in drafts:
        found.setdefault(draft.family, []).extend(vote for vote in draft.votes if vote.expected)
    return found


def _example(draft: _Draft, metric: Metric, unheard: Mapping[str, Standing]) -> Example | str:
    run, recorded = draft.run, draft.recorded
    votes = [vote for vote in draft.votes if vote.by not in unheard]
    if not votes:
        return "only of reviewers who contradict the others"
    settled = settle(votes)
    answered = [vote for vote in votes if vote.expected]
    if settled is None and answered:
        return "reviewers disagree evenly"
    expected = {} if settled is None else settled.expected
    said = {text: vote.by for vote in reversed(votes) for text in vote.comments if not _overruled(vote, settled)}
    if settled is None and not said:
        return "nothing is known about the right answer"
    return Example(
        id=example_id(run.id), agent=run.agent, input=recorded.started.input, run=run.id, bundle=run.bundle,
        family=draft.family, expected=expected, answer=_answer(expected, recorded.output, metric),
        history=recorded.history, comments=tuple(reversed(said)), commented_by=tuple(reversed(said.values())),
        tier=votes[-1].tier if settled is None else settled.tier, output=recorded.output, calls=recorded.calls,
        tokens=run.input_tokens + run.output_tokens, cost=run.cost, seconds=run.seconds or 0.0,
        untrusted=draft.untrusted, started=recorded.started_at, human=_human(votes),
        agreement=_agreement(answered, settled),
        changes_state=any(True for _ in recorded.writes) or bool(recorded.started.metadata.get("changes_state")),
        score=_own_score(metric, expected, recorded, votes) if settled is not None else None,
    )  # fmt: skip


def _own_score(
    metric: Metric, expected: Mapping[str, Any], recorded: RecordedRun, votes: Sequence[Vote]
) -> float | None:
    """The metric on the run's own answer; people's word where a judge is the metric."""
    if metric.kind == "judge":
        return _human(votes)
    return score(metric, expected, recorded.output, recorded.calls).value


def _overruled(vote: Vote, settled: Vote | None) -> bool:
    """Whether the others' answer stands against this vote: its words explain an answer that is not right."""
    return settled is not None and bool(vote.expected) and vote.answer != settled.answer


def _human(votes: Sequence[Vote]) -> float | None:
    """What most people say of the run's own answer."""
    said = [float(vote.score >= 1.0) for vote in votes if vote.score is not None]
    share = sum(said) / len(said) if said else 0.5
    return None if share == 0.5 else float(share > 0.5)


def _agreement(answered: Sequence[Vote], settled: Vote | None) -> float:
    return sum(vote.answer == settled.answer for vote in answered) / len(answered) if settled and answered else 1.0


# --- what is right --------------------------------------------------------------------------------------------


def _expected(feedback: list[FeedbackGiven], recorded: RecordedRun, metric: Metric) -> tuple[dict[str, Any], Tier]:
    """From the newest correction, or from the run itself where the newest score calls it right."""
    if metric.kind == "judge":  # right is what the judge says; that a person said something makes it an example
        return ({"judged": True} if any(_score(one) is not None for one in feedback) else {}), feedback[-1].tier
    judged = False
    for one in reversed(feedback):
        if one.correction is not None:
            return _corrected(one.correction, metric), one.tier
        if one.score is not None and not judged:
            judged = True
            if one.score >= 1.0:
                return _own(recorded, metric), one.tier
    return {}, feedback[-1].tier


def _corrected(correction: Any, metric: Metric) -> dict[str, Any]:
    if isinstance(correction, Mapping) and correction.keys() and correction.keys() <= PARTS:
        return dict(correction)
    if isinstance(correction, str) and metric.kind == "fields" and len(metric.fields) == 1:
        return {"output": {next(iter(metric.fields)): correction}}
    return {"output": correction}


def _own(recorded: RecordedRun, metric: Metric) -> dict[str, Any]:
    if metric.kind == "calls":
        return {"calls": [{"tool": call.tool, "arguments": dict(call.arguments)} for call in recorded.writes]}
    if metric.kind == "fields" and metric.fields and isinstance(recorded.output, Mapping):
        return {"output": {name: recorded.output[name] for name in metric.fields if name in recorded.output}}
    return {} if recorded.output is None else {"output": recorded.output}


def _answer(expected: Mapping[str, Any], output: Any, metric: Metric) -> Any:
    """The whole right answer: the run's own, corrected, without the free text of an answer that was wrong.

    Whoever corrected a field did not write the sentence beside it, and what a model said around a mistake is no
    example to follow.
    """
    right = expected.get("output")
    if not isinstance(right, Mapping) or not isinstance(output, Mapping):
        return right
    corrected = any(output.get(name) != value for name, value in right.items())
    kept = {
        name: right.get(name, value)
        for name, value in output.items()
        if name in right or name in metric.fields or not (corrected and isinstance(value, str))
    }
    return {**kept, **right}


# --- families and copies --------------------------------------------------------------------------------------


class _Shelf:
    """Gives each draft its family, or says why it is not wanted. What other people said of a copy counts."""

    def __init__(self) -> None:
        self._copies = Nearest()
        self._leaders = Nearest()
        self._meanings = NearestMeaning()
        self._texts: dict[str, str] = {}
        self._votes: dict[str, list[Vote]] = {}
        self._by_conversation: dict[str, str] = {}

    def place(self, draft: _Draft) -> _Draft | str:
        run, started = draft.run.id, draft.recorded.started
        text = "\n".join(self._context(draft))
        known = self._copies.find(text, COPY)
        if known is not None:
            heard = {vote.by for vote in self._votes[known]}
            self._votes[known].extend(vote for vote in draft.votes if vote.by not in heard)
            return "a copy of another"
        self._copies.add(run, text)
        self._votes[run] = draft.votes
        self._texts[run] = text
        family = started.metadata.get("family") or self._by_conversation.get(started.conversation_id)
        if family is None:
            (meant,) = vectors([text])
            family = self._leaders.find(text, FAMILY) or self._meanings.find(meant, ALIKE)
            if family is None:
                family = f"like {example_id(run)}"
                self._leaders.add(family, text)
                self._meanings.add(family, meant)
        self._by_conversation.setdefault(started.conversation_id, str(family))
        return replace(draft, family=str(family))

    def _context(self, draft: _Draft) -> Iterator[str]:
        """The turn with what was said before it: "yes, please" alone says nothing about the case."""
        yield from (self._texts.get(run, run) for run in draft.recorded.history[-1:])
        yield draft.recorded.started.input
