"""What can go wrong with the ledger, each told with what to do next.

LedgerError
├── LedgerUnavailable     the database cannot be read or written now (locked, full, read-only, gone)
├── LedgerOutdated        the file was written by another version of Strop
├── OperationTaken        somebody else recorded this operation first: two owners of one run
├── NotFound              no such run, event or body
├── RunErased             its words were erased: it can be neither gone on with nor judged, replayed or learned from
└── BadInput              what was asked or given is wrong in itself
    ├── FilterError       a query in the filter language; names the position
    └── FeedbackError     a judgement that says nothing, or something that cannot be kept
"""


class LedgerError(Exception):
    """Base: the ledger could not do what was asked. `hint` says what to do next."""

    hint: str = ""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        if hint:
            self.hint = hint


class LedgerUnavailable(LedgerError):
    """Nothing was half written; the same act may be tried again when the cause is gone.

    `cause` is a word for it: locked, full, read-only, unreachable, damaged; empty where it is another.
    """

    def __init__(self, message: str, *, hint: str = "", cause: str = "") -> None:
        super().__init__(message, hint=hint)
        self.cause = cause


class LedgerOutdated(LedgerError):
    """The tables are not those this version knows."""


class OperationTaken(LedgerError):
    """The fence held: this operation of the stream already has such a fact, written by another owner."""

    def __init__(self, stream: str, op: str, kind: str) -> None:
        super().__init__(
            f"{kind} of operation {op!r} in {stream!r} is already on record: another worker owns this run",
            hint="Look with `strop runs show`; nothing was written.",
        )


class NotFound(LedgerError, LookupError):
    """There is nothing under that name."""

    def __init__(self, what: str, name: str, *, hint: str = "") -> None:
        super().__init__(f"no {what} {name!r}", hint=hint)


class RunErased(LedgerError):
    """The run's words are gone for good; its figures and its place in the chain are still there."""

    def __init__(self, run_id: str) -> None:
        super().__init__(
            f"run {run_id} was erased: what was said in it is gone",
            hint=f"`strop runs show {run_id}` tells who erased it, when and why.",
        )


class BadInput(LedgerError, ValueError):
    """Asking again without a change cannot help."""


class FilterError(BadInput):
    """A query that the filter language does not have.

    `position` counts characters from 1 and is where the mistake starts.
    """

    def __init__(self, message: str, *, position: int, hint: str = "") -> None:
        super().__init__(f"{message} (at character {position})", hint=hint)
        self.position = position


class FeedbackError(BadInput):
    """A judgement that cannot be kept; nothing was written."""
