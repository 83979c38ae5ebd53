"""The tree of what can go wrong when agents are set up and run. One table each maps it to a status and an exit code.

StropError
├── UsageError              the request itself is wrong                       exit 2   HTTP 422
│   ├── UnknownAgent        no such agent in the workspace                    exit 2   HTTP 404
│   └── IllegalStep         the lifecycle does not allow this step            exit 2   HTTP 409
│       └── Conflict        somebody decided since this person looked         exit 2   HTTP 409
├── WorkspaceError          a file of the workspace is missing or wrong       exit 3   HTTP 500
├── ModelUnavailable        no key, no weights, unknown provider, no answer   exit 4   HTTP 503
├── ToolServerUnavailable   an MCP server is not there, died, or hangs        exit 5   HTTP 503
│   └── ToolsDrifted        it offers other tools than the version is held to exit 5   HTTP 503
├── RunFailed               the agent ended without an answer                 exit 1   HTTP 500
│   ├── LimitReached        steps, seconds, tokens, bytes                     exit 1   HTTP 500
│   │   └── BudgetSpent     the day's money                                   exit 1   HTTP 429
│   ├── GuardrailMet        what it was asked, or would answer, is not allowed exit 1   HTTP 422
│   ├── PersonNeeded        the run waits for a person's word                 exit 6   HTTP 409
│   │   ├── OutcomeUnknown  a write was under way when a worker died
│   │   ├── ApprovalNeeded  a call waits until a person allows it
│   │   └── AnswerNeeded    a tool server has a question
│   ├── JournalDiverged     a resumed run asks what was never recorded        exit 1   HTTP 500
│   └── RunOwned            another living worker has the run                 exit 6   HTTP 409
│       └── TurnQueued      an earlier turn of the conversation goes first    exit 6   HTTP 409
└── Refused                 a person's decision is needed, or was not allowed exit 2   HTTP 403

(traces.errors.LedgerError has its own tree: exit 7, HTTP 503 or 404)
"""

from collections.abc import Sequence
from typing import ClassVar, Literal


class StropError(Exception):
    """Base. The message says what is wrong, `hint` what to do next."""

    exit_code: ClassVar[int] = 1
    status: ClassVar[int] = 500

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class Halted(StropError):
    """Who had the work done wants no more of it now. A run stays as it is, to be gone on with."""


class UsageError(StropError):
    """The request is wrong in itself; asking again without a change cannot help."""

    exit_code = 2
    status = 422


class UnknownAgent(UsageError):
    """There is no agent of that name."""

    status = 404

    def __init__(self, name: str, known: list[str]) -> None:
        listed = ", ".join(known) if known else "none"
        super().__init__(f"no agent {name!r} in this workspace", hint=f"Agents here: {listed}.")


class IllegalStep(UsageError):
    """A bundle cannot go from its state to the wanted one."""

    status = 409


class Conflict(IllegalStep):
    """Somebody else decided first. `since` says what they did, a line each."""

    def __init__(self, message: str, since: Sequence[str] = ()) -> None:
        told = f"{message}; since then: {'; '.join(since)}" if since else message
        super().__init__(told, hint="Look again and decide on what is there now.")
        self.since = list(since)


class WorkspaceError(StropError):
    """A file of the workspace is missing, unreadable or wrong. The message names file and line where known."""

    exit_code = 3


class ModelUnavailable(StropError):
    """The model cannot be asked."""

    exit_code = 4
    status = 503


class ToolServerUnavailable(StropError):
    """A tool server cannot be reached. Never shown to a model as a tool's answer."""

    exit_code = 5
    status = 503


class ToolsDrifted(ToolServerUnavailable):
    """A server offers something else than the version was proven with, and the policy says that nothing goes on."""


class RunFailed(StropError):
    """The run ended without an answer; its ledger says at which step."""


class LimitReached(RunFailed):
    """The run came to one of the limits of its definition."""


class BudgetSpent(LimitReached):
    """The money for the day (UTC) is spent; no model is asked until the next, or until the budget is raised."""

    status = 429

    def __init__(self, whose: str, spent: float, bound: float) -> None:
        super().__init__(
            f"the day's budget of {whose} is spent: {spent:.4f} of {bound:.4f} US dollars",
            hint="Raise it under [budgets] in strop.toml, or wait until 00:00 UTC; then `strop resume` the run.",
        )


class GuardrailMet(RunFailed):
    """What it was asked, or was about to answer, met a guardrail of its version that has no answer for it."""

    status = 422


class PersonNeeded(RunFailed):
    """The run waits until a person says something; `ops` are the operations it is about."""

    exit_code = 6
    status = 409
    reason: ClassVar[Literal["outcome_unknown", "approval", "question"]]

    def __init__(self, message: str, *, hint: str = "", ops: Sequence[str] = ()) -> None:
        super().__init__(message, hint=hint)
        self.ops = list(ops)


class OutcomeUnknown(PersonNeeded):
    """A call that may have changed something has no recorded result; a person must say what became of it."""

    reason = "outcome_unknown"


class ApprovalNeeded(PersonNeeded):
    """A call is held back until a person allows it."""

    reason = "approval"


class AnswerNeeded(PersonNeeded):
    """A tool server has a question to the person behind a call."""

    reason = "question"


class JournalDiverged(RunFailed):
    """The resumed run asked something else than is recorded: its code or its bundle is not what it was."""


class RunOwned(RunFailed):
    """Another worker holds the lease of this run."""

    exit_code = 6
    status = 409


class TurnQueued(RunOwned):
    """A conversation has one run at a time: this one's turn has not come. `first` is the run it waits for."""

    def __init__(self, run_id: str, first: str) -> None:
        super().__init__(
            f"run {run_id} comes after run {first} of its conversation, which has not ended",
            hint=f"It goes on by itself where a service runs; or: strop resume {first}, or strop cancel {first}.",
        )
        self.first = first


class Refused(StropError):
    """Not without a person, or not by this one."""

    exit_code = 2
    status = 403
