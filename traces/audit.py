"""The audit: every decision that was made, refused or undone, and what was shown to whom; rows that prove themselves.

An export is a text file of JSON lines that anybody can check without the database: each row carries the hash before
it and its own, bodies stand behind the rows by their digest, the last line covers all before it.
Prevents: a decision that was changed, left out or put in afterwards without the first such row being named.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from traces.bodies import BLOB_KEY, find_blobs
from traces.chain import GENESIS, chain, content_of, is_stub
from traces.db import micros
from traces.errors import BadInput
from traces.ids import digest_text, ordered_json
from traces.store import StoredEvent, read_rows
from traces.tables import EVENTS

FORMAT: Final = "strop-audit/1"

WHOLE: Final = ("decisions_", "rollout_", "audit", "tools", "erasures")
"""Beginnings of the names of streams that an export holds whole, so that nothing can be missing in them."""

AUDITED: Final = frozenset({
    "decision_made", "proposal_signed", "governance_changed", "decision_refused",
    "request_refused", "token_created", "token_revoked",
    "rollout_started", "rollout_changed", "rollout_ended", "drift_accepted",
    "approval_decided", "outcome_decided", "question_answered", "call_refused", "guardrail_tripped",
    "erasure_done",
})  # fmt: skip
"""What a list of the audit shows. Those in streams of runs are exported as single rows beside the whole streams."""

PAGE: Final = 500


def list_audit(
    session: Session, *, before: int | None = None, streams: Sequence[str] | None = None,
    kinds: Iterable[str] | None = None, limit: int = 100,
) -> list[StoredEvent]:  # fmt: skip
    """Audited facts, newest first, without their large bodies; `before` is an id: the page after it.

    Args:
        session: an open reading session.
        before: only facts with smaller ids.
        streams: only of these streams.
        kinds: only of these kinds, of the audited ones.
        limit: rows a page.
    """
    wanted = sorted(AUDITED if kinds is None else AUDITED & set(kinds))
    query = sa.select(EVENTS).where(EVENTS.c.kind.in_(wanted)).order_by(EVENTS.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(EVENTS.c.id < before)
    if streams is not None:
        query = query.where(EVENTS.c.stream.in_(list(streams)))
    return read_rows(session, query, bodies=False)


def get_audited(session: Session, event_id: int) -> StoredEvent | None:
    """One audited fact with all that belongs to it; None where the id is none of one."""
    query = sa.select(EVENTS).where(EVENTS.c.id == event_id, EVENTS.c.kind.in_(sorted(AUDITED)))
    return next(iter(read_rows(session, query)), None)


# --- out -----------------------------------------------------------------------------------------------------------


def export_audit(session: Session, about: dict[str, Any]) -> Iterator[str]:
    """The lines of an export, each with its line end: a head, rows, bodies, an end that covers them all."""
    running = hashlib.sha256()

    def sealed(value: dict[str, Any]) -> str:
        line = ordered_json(value) + "\n"
        running.update(line.encode("utf-8", "surrogatepass"))
        return line

    yield sealed({"format": FORMAT, **about})
    heads: dict[str, list[Any]] = {}
    rows, digests = 0, set[str]()
    for row in _rows(session):
        digests |= _digests(row["payload"])
        if row["whole"]:
            heads[row["stream"]] = [row["seq"], row["hash"]]
        rows += 1
        yield sealed(row)
    bodies = 0
    ordered = sorted(digests)
    for start in range(0, len(ordered), PAGE):
        for digest, text in find_blobs(session, ordered[start : start + PAGE]).items():
            bodies += 1
            yield sealed({"body": digest, "text": text})
    end = {"end": running.hexdigest(), "rows": rows, "bodies": bodies, "heads": heads}
    yield ordered_json(end) + "\n"


def _rows(session: Session) -> Iterator[dict[str, Any]]:
    whole = sa.or_(*(EVENTS.c.stream.startswith(prefix, autoescape=True) for prefix in WHOLE))
    columns = [EVENTS.c[name] for name in ("stream", "seq", "kind", "op", "step", "attempt", "at", "payload", "hash")]
    query = sa.select(*columns).where(whole).order_by(EVENTS.c.stream, EVENTS.c.seq).execution_options(yield_per=PAGE)
    previous = (None, GENESIS)
    for row in session.execute(query):
        before = previous[1] if previous[0] == row.stream else GENESIS
        previous = (row.stream, row.hash)
        yield _row(row, before, whole=True)
    loose = sa.select(*columns, EVENTS.c.id).where(EVENTS.c.kind.in_(sorted(AUDITED)), ~whole)
    for row in session.execute(loose.order_by(EVENTS.c.id)):
        earlier = sa.select(EVENTS.c.hash).where(EVENTS.c.stream == row.stream, EVENTS.c.seq == row.seq - 1)
        yield _row(row, session.execute(earlier).scalar() or GENESIS, whole=False)


def _row(row: Any, before: str, *, whole: bool) -> dict[str, Any]:
    return {
        "stream": row.stream, "seq": row.seq, "kind": row.kind, "op": row.op, "step": row.step,
        "attempt": row.attempt, "at": micros(row.at), "whole": whole, "before": before, "hash": row.hash,
        "payload": row.payload,
    }  # fmt: skip


def _digests(payload: str) -> set[str]:
    values = json.loads(payload).values()
    return {one[BLOB_KEY] for one in values if isinstance(one, dict) and one.keys() == {BLOB_KEY, "bytes"}}


# --- and checked, by anybody ---------------------------------------------------------------------------------------


@dataclass
class AuditReport:
    """What a check of an export looked at, and the first thing that is wrong with it (empty: nothing is)."""

    about: dict[str, Any] = field(default_factory=dict)
    rows: int = 0
    streams: int = 0
    bodies: int = 0
    erased: int = 0
    problem: str = ""
    line: int | None = None
    """The line of the file that the problem is in."""
    head: str = ""
    """The end's hash: who wrote it down elsewhere can tell a file that was made anew."""


_PLACE: Final = ("stream", "seq", "kind", "op", "step", "attempt", "at")


def check_export(lines: Iterable[str], head: str | None = None) -> AuditReport:
    """Check an export line by line, without a database.

    Args:
        lines: the file's lines, with their ends.
        head: what `head` was when the export was made, where somebody kept it.

    Raises:
        BadInput: it is no export at all.
    """
    report, checker, running = AuditReport(), _Checker(), hashlib.sha256()
    end: dict[str, Any] | None = None
    for number, line in enumerate(lines, 1):
        value = _read(line)
        if number == 1:
            if not isinstance(value, dict) or value.get("format") != FORMAT:
                raise BadInput(f"this is no audit ({FORMAT})", hint="`strop audit export` writes one.")
            report.about = {key: one for key, one in value.items() if key != "format"}
        elif end is not None:
            return _broken(report, number, "there is something behind the end")
        elif not isinstance(value, dict):
            return _broken(report, number, "it is not JSON")
        elif "end" in value:
            end = value
            continue
        else:
            problem = checker.take(value, report)
            if problem:
                return _broken(report, number, problem)
        running.update(line.encode("utf-8", "surrogatepass"))
    report.streams = len(checker.heads)
    if end is None:
        return _broken(report, None, "it is cut off: there is no last line")
    report.head = running.hexdigest()
    problem = checker.finish(end) or _wrong_end(end, report, head)
    return _broken(report, None, problem) if problem else report


def _wrong_end(end: dict[str, Any], report: AuditReport, head: str | None) -> str:
    if end["end"] != report.head:
        return "a line was changed, added or left out: the last line does not cover what is here"
    if head is not None and head != report.head:
        return f"it is whole, but not the export that was meant: its head is {report.head}"
    return ""


def _broken(report: AuditReport, line: int | None, problem: str) -> AuditReport:
    report.line, report.problem = line, problem
    return report


def _read(line: str) -> Any:
    try:
        return json.loads(line)
    except ValueError:
        return None


class _Checker:
    """Holds each row against the one before it, and each body against its name."""

    def __init__(self) -> None:
        self.heads: dict[str, list[Any]] = {}
        self._wanted: dict[str, str] = {}
        self._there: set[str] = set()

    def take(self, value: dict[str, Any], report: AuditReport) -> str:
        """What is wrong with the next line; empty: nothing."""
        if "body" in value:
            report.bodies += 1
            self._there.add(value["body"])
            right = digest_text(str(value.get("text"))) == value["body"]
            return "" if right else f"body {value['body']} has other content than its name says"
        try:
            place = {name: value[name] for name in _PLACE}
            name = f"{place['stream']} event {place['seq']} ({place['kind']})"
            right = chain(value["before"], content_of(value["payload"]), **place)
            digests = _digests(value["payload"])
        except (KeyError, ValueError, TypeError, AttributeError):
            return "it is not a row of an audit"
        report.rows += 1
        report.erased += is_stub(value["payload"])
        if value["hash"] != right:
            return f"{name}: its hash does not match its content"
        self._wanted.update({digest: name for digest in digests})
        return self._next(value, name) if value["whole"] else ""

    def _next(self, value: dict[str, Any], name: str) -> str:
        seq, before = self.heads.get(value["stream"], [0, GENESIS])
        if value["seq"] != seq + 1:
            return f"{name}: event {seq + 1} is missing before it"
        if value["before"] != before:
            return f"{name}: it does not follow the event before it"
        self.heads[value["stream"]] = [value["seq"], value["hash"]]
        return ""

    def finish(self, end: dict[str, Any]) -> str:
        """What is missing at the end; empty: nothing."""
        for digest, name in self._wanted.items():
            if digest not in self._there:
                return f"{name}: its body {digest} is missing"
        for stream, head in end.get("heads", {}).items():
            if self.heads.get(stream) != head:
                seq = self.heads.get(stream, [0])[0]
                return f"{stream}: events after {seq} are missing, up to {head[0]}"
        return ""
