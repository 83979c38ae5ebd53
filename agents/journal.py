"""One run's view of its ledger while it is worked on: what is recorded, what comes next, who listens.

Operations (`agents.operations`) ask it for keys and write through it; nothing else writes about a run's steps.
"""

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from fnmatch import fnmatchcase
from functools import cache, partial
from typing import Any, Final, Protocol, TypeVar, cast

from pydantic_ai import RunContext

from agents.errors import AnswerNeeded, OutcomeUnknown
from agents.limits import Purse
from agents.models.settings import Price
from agents.recording import Recording, ReplaySource
from agents.reply_cache import ReplyCache
from traces.entries import Entry
from traces.events import Effect, Event, ModelReplied, Origin
from traces.pen import Pen
from traces.recorder import Page, Recorded, Recorder
from traces.summary import RunSummary
from traces.together import Later, Together

KEPT_SECONDS: Final = 0.1
"""How long a reply, or what was read, may wait for the fact that follows it. Lost with a crash, it is asked again."""

EventT = TypeVar("EventT", bound=Event)

Delta = Callable[[str, str], None]
"""(kind: text | thinking | tool | progress, piece) while a reply is written or a call is under way. Never stored."""


def price_of(response: Any, model: str, seconds: float, prices: Mapping[str, Price] | None = None) -> float | None:
    """US dollars that a recorded reply cost: by the house's price, else nothing for an embedded model, else by the
    public table; None where no price is known.

    Args:
        response: the reply as recorded.
        model: what the bundle calls the model it was asked of.
        seconds: how long that took.
        prices: the house's own, by name or pattern of a name.
    """
    replied = str(response.get("model_name") or "")
    # A fallback or a route answered with another model: then its own name is what there is to go by.
    names = [replied, f"{response.get('provider_name')}:{replied}"]
    if not replied or replied == model or replied.startswith(model.partition(":")[2] or model):
        names.append(model)
    for pattern, price in (prices or {}).items():
        if any(fnmatchcase(name, pattern) for name in names):
            usage = response.get("usage") or {}
            return price.of(usage.get("input_tokens") or 0, usage.get("output_tokens") or 0, seconds)
    if replied.startswith("local:"):
        return 0.0
    listed = (replied, str(response.get("provider_name")), str(response.get("provider_url")))
    if listed in _NOT_LISTED:
        return None
    try:
        return float(_response_adapter().validate_python(response).cost().total_price)
    except LookupError:
        if len(_NOT_LISTED) < MOST_NOT_LISTED:
            _NOT_LISTED.add(listed)
        return None
    except (ValueError, AssertionError):
        return None


_NOT_LISTED: set[tuple[str, str, str]] = set()
"""(model, provider, its address) that the public table does not know: it is the same as long as the process lives."""

MOST_NOT_LISTED: Final = 1_000


@cache
def _response_adapter() -> Any:
    # Building it takes longer than a whole step of a run: once a process, not once a reply.
    from pydantic import TypeAdapter
    from pydantic_ai.messages import ModelResponse

    return TypeAdapter(ModelResponse)


class Till(Protocol):
    """Pays for model requests: each is reserved for before it is recorded, and settled with what it cost."""

    def reserve(self, agent: str) -> object:
        """Set something aside for one request; raises `Halted` where there is nothing left."""
        ...

    def settle(self, held: object, replied: ModelReplied | None, requests: int) -> None:
        """Replace it by the reply's cost; None: no reply came. `requests` were sent, repeated ones included."""
        ...


class ReplayMiss(Exception):
    """Under replay, a call was made that the recording cannot answer: the rollout is undecidable, not wrong."""

    def __init__(self, tool: str, origin: Origin = "evaluation") -> None:
        played = f"the playground changes nothing, so {tool!r} was not called and the run ends here"
        recorded = f"the recording has no answer for this call of {tool!r}"
        super().__init__(played if origin == "playground" else recorded)
        self.tool = tool


class WalkAfterAll(Exception):
    """Not an error: where a run was to go on without a walk, its next request is not the recorded one. Nothing was
    done yet.
    """


class HandedOff(Exception):
    """Not an error: another agent's answer is this run's. `closing`: what the next turn is told of it, as JSON."""

    def __init__(self, output: Any) -> None:
        super().__init__("handed off")
        self.output = output
        self.closing: list[Any] = []


@dataclass
class Journal:
    """One run's view of its ledger while it is worked on."""

    run_id: str
    conversation_id: str
    started_at: datetime
    recorder: Recorder
    together: Together
    recording: Recording
    effects: Callable[[str, str, Any], Effect]
    """(server, tool, its definition) -> what the house says a call of it does."""
    replay: ReplaySource | None = None
    check_tools: Callable[[str, Any, bool], None] = lambda server, tools, recorded: None
    """(server, what it offers, whether a recording says so) -> raises where the version must not go on with that."""
    origin: Origin = "user"
    live_reads: bool = False
    """Whether a read that the recording cannot answer is really made: nobody is harmed by looking."""
    on_delta: Delta | None = None
    price: Callable[[Any, str, float], float | None] = lambda response, model, seconds: None
    """(recorded reply, the model's name in the bundle, seconds) -> US dollars."""
    model: str = ""
    """The bundle's own model: what a reply is priced as that came from it."""
    check_budget: Callable[[], None] = lambda: None
    """Raises when no model may be asked any more today."""
    till: Till | None = None
    """Who pays for the requests."""
    purse: Purse | None = None
    """What the run may still use; the runs below it share in it. None: before its bundle is read."""
    cache: ReplyCache | None = None
    """Recorded replies that may answer this run's requests."""
    max_temperature: float = 0.0
    about: Mapping[str, Any] = field(default_factory=dict)
    """What a tool server's credentials program is told of the run."""
    turns: Sequence[str] = ()
    """The earlier runs of the conversation that this one is told of."""
    history_messages: int = 0
    """Messages of earlier turns at the start of each request: kept by reference, not stored again."""
    seen_messages: int = 0
    chain: str = ""
    """Running digest of the messages seen so far, so that each is hashed once."""
    ordinals: dict[str, int] = field(default_factory=dict)
    requests: int = 0
    skipped: int = 0
    """Steps that are left behind without a walk through them."""
    stopping: Exception | None = None
    kept: list[Entry] = field(default_factory=list)
    """Facts that are known and not yet durable: nothing was done after them."""
    run: RunSummary | None = None
    """What the run amounts to with its newest durable fact."""
    is_first: bool = False
    """It was started here a moment ago, and a conversation begins with it."""
    _timer: asyncio.TimerHandle | None = None

    async def announce(self, event: Event) -> None:
        """Make durable what is about to be done, after what was kept back. Who is stopped meanwhile must not do it.

        One commit serves all runs that write in this moment.
        """
        page = self._page(event)
        try:
            await self.together.append(page)
        except BaseException:
            self._put_back(page)
            raise

    async def write(self, event: EventT, beside: Callable[[Pen], None] | None = None) -> EventT:
        """Make durable what has happened, after what was kept back; gives it as it is on record.

        The run goes on with that: what was taken out before it was written is not there after a crash either. Who is
        stopped meanwhile has written it all the same, for it has happened.
        """
        page = self._page(event, beside)
        try:
            await self.together.append(page)
        except asyncio.CancelledError:
            if not page.written:
                self._append(page)
            raise
        except BaseException:
            self._put_back(page)
            raise
        return cast(EventT, page.written[-1].event)

    def record(self, event: EventT) -> EventT:
        """As `write`, at once and with a commit of its own: for what is rare, or said where nobody can wait."""
        self.together.settle()  # what this run said before comes first
        return cast(EventT, self._append(self._page(event))[-1].event)

    def keep(self, event: EventT) -> EventT:
        """Make one fact known to this run, and durable before anything else is done; gives it as it is recorded.

        It is written with the next fact, which stands before every request and every call; where none comes, a moment
        later. So a reply and the call that it asks for cost one commit instead of two. Not for the result of a write:
        that is recorded at once, for nobody may do the write again to learn it.
        """
        entry = self.recorder.admit(event)
        self.recording.add(entry.event)
        self.kept.append(entry)
        if self._timer is None:
            later = partial(self.together.add_later, self._kept_page)
            self._timer = asyncio.get_running_loop().call_later(KEPT_SECONDS, later)
        return cast(EventT, entry.event)

    def _kept_page(self) -> Later | None:
        """What is kept back when its time is up: it shares the commit of whatever is written in that moment."""
        entries = self._taken()

        def put_back() -> None:
            self.kept = [*entries, *self.kept]

        return Later(Page(self.run_id, entries, heard=self._flushed), put_back) if entries else None

    def _flushed(self, written: list[Recorded]) -> None:
        self.run = written[-1].run

    def flush(self, strict: bool = True) -> None:
        """Make durable what was kept back. What cannot be written stays for the next fact, whose writer is told."""
        entries = self._taken()
        try:
            if entries:
                self.run = self.recorder.append_page(Page(self.run_id, entries))[-1].run
        except BaseException:
            self.kept = [*entries, *self.kept]
            if strict:
                raise

    def _append(self, page: Page) -> list[Recorded]:
        try:
            return self.recorder.append_page(page)
        except BaseException:
            self._put_back(page)
            raise

    def _put_back(self, page: Page) -> None:
        """What was kept before the one that is not written is still known."""
        if not page.written:
            self.kept = [*page.entries[:-1], *self.kept]

    def _page(self, event: Event, beside: Callable[[Pen], None] | None = None) -> Page:
        return Page(self.run_id, [*self._taken(), self.recorder.admit(event)], beside, self._heard)

    def _taken(self) -> list[Entry]:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        entries, self.kept = self.kept, []
        return entries

    def _heard(self, written: list[Recorded]) -> None:
        """The last one is new; those before it were known when they were kept."""
        self.recording.add(written[-1].event)
        self.run = written[-1].run

    def stop_before_next(self, error: Exception) -> None:
        """End this run with the error as soon as all calls of its step have come to their end.

        Raised at once it would break off the other calls, and leave a write among them with an unknown outcome.
        """
        if self.stopping is None or isinstance(self.stopping, AnswerNeeded):  # the newest one names all questions
            self.stopping = error

    def check_stopping(self) -> None:
        """Raise what this run is to end with, if anything is."""
        if self.stopping is not None:
            raise self.stopping

    def next_key(self, name: str) -> str:
        """`name/1`, `name/2` …: the same on each replay, since operations of one name come in order."""
        self.ordinals[name] = self.ordinals.get(name, 0) + 1
        return f"{name}/{self.ordinals[name]}"

    def step_of(self, ctx: RunContext[Any]) -> int:
        """The number of the step that a run context is about."""
        return ctx.run_step + self.skipped

    def go_back(self) -> None:
        """Stand at the run's beginning again."""
        self.ordinals.clear()
        self.requests = self.skipped = self.seen_messages = 0
        self.chain = ""

    def check_known(self) -> None:
        """Stop before anything is done when a person has to say first what became of a call.

        Raises:
            OutcomeUnknown: names the calls.
        """
        unknown = self.recording.unknown
        if unknown:
            raise unknown_outcome(self.run_id, [operation.op for operation in unknown])


def unknown_outcome(run_id: str, ops: Sequence[str]) -> OutcomeUnknown:
    """The error that names the calls a person has to decide on."""
    return OutcomeUnknown(
        f"run {run_id} stopped in the middle of {len(ops)} call(s) that may have changed something: {', '.join(ops)}",
        hint=f"Find out what happened, then: strop outcome {run_id} OP --reason WHY, with one of "
        "--retry, --done RESULT and --abandon.",
        ops=ops,
    )


_CURRENT: ContextVar[Journal | None] = ContextVar("strop_journal", default=None)


@contextmanager
def journaled(journal: Journal) -> Iterator[Journal]:
    """Within this, every agent run of the task records into (and is answered from) the journal."""
    token = _CURRENT.set(journal)
    try:
        yield journal
    finally:
        _CURRENT.reset(token)


def find_journal() -> Journal | None:
    """The journal of the run that this task works on, or None outside of runs."""
    return _CURRENT.get()


def current_journal() -> Journal:
    """The journal of the run that this task works on."""
    journal = _CURRENT.get()
    if journal is None:
        raise RuntimeError("no run is being worked on in this task")
    return journal


def seconds_since(start: float) -> float:
    """Seconds on a clock that does not jump."""
    return round(time.monotonic() - start, 6)
