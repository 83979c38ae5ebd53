"""The audit on both databases: whole when taken out, and the first row that somebody changed is named."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from agents.prompts.decisions import adopt_definition
from agents.prompts.proof import prove_registry
from agents.prompts.tables import BUNDLES, LIVE
from agents.review import approve_proposal, roll_back_agent
from agents.service.audit import audit_detail, audit_page, why_view
from tests.builders import MACHINE, PERSON, make_bundle, make_proposal, record_run
from traces.audit import check_export, export_audit
from traces.db import Database
from traces.errors import BadInput
from traces.recorder import Recorder
from traces.verify import verify

SHEET = "what stood there: " + "much " * 200


def decided(database: Database) -> tuple[Recorder, str, str]:
    """A registry with a proposal that was approved, a refusal, and a run; gives (recorder, first live, approved)."""
    recorder = Recorder(database)
    with database.writing() as session:
        first = adopt_definition(session, recorder, make_bundle(), PERSON).digest
    digest, evidence = make_proposal(recorder, make_bundle(rules=("Be kind.",)), first)
    with pytest.raises(Exception, match="machine"):
        approve_proposal(recorder, digest, MACHINE)
    approve_proposal(recorder, digest, PERSON, shown=evidence, sheet=SHEET, confirmed=True)
    record_run(recorder, run_id="run_after", bundle=digest)
    return recorder, first, digest


def exported(database: Database) -> list[str]:
    """The lines of an export."""
    with database.reading() as session:
        return list(export_audit(session, {"workspace": "bench"}))


def test_an_export_is_whole_and_says_what_was_shown(database: Database) -> None:
    """With the text itself, behind the row that names it."""
    decided(database)
    lines = exported(database)
    report = check_export(lines)
    assert (report.problem, report.rows, report.streams, report.about) == ("", 8, 2, {"workspace": "bench"})
    assert any(json.loads(line).get("text") == json.dumps(SHEET) for line in lines)
    assert check_export(lines, report.head).problem == ""
    assert "not the export that was meant" in check_export(lines, "0" * 64).problem


def test_whatever_line_is_changed_is_named(database: Database) -> None:
    """Each field of each row, each body; a row left out, put twice, or put elsewhere; an end that is cut off."""
    decided(database)
    lines = exported(database)
    for at, line in enumerate(lines[1:-1], 1):
        value = json.loads(line)
        for name in value:
            if name == "whole":  # says how to check; without it the end still covers the line
                continue
            changed = {**value, name: _other(value[name])}
            report = check_export([*lines[:at], json.dumps(changed) + "\n", *lines[at + 1 :]])
            assert report.problem, name
            assert report.line in {at + 1, None}, (name, report)
            if name in {"payload", "hash", "at", "kind", "seq", "stream"}:
                assert report.line == at + 1, (name, report.problem)
        assert check_export([*lines[:at], *lines[at + 1 :]]).problem
        assert check_export([*lines[:at], line, *lines[at:]]).problem
    assert "cut off" in check_export(lines[:-1]).problem
    assert "behind the end" in check_export([*lines, lines[1]]).problem
    with pytest.raises(BadInput, match="no audit"):
        check_export(["{}\n"])
    with pytest.raises(BadInput, match="no audit"):
        check_export(["hello\n"])


def _other(value: Any) -> Any:
    return value + 1 if isinstance(value, int) else f"{value or ''}x"


def test_a_decision_forged_in_the_database_is_named(database: Database) -> None:
    """By `strop verify`, and by whoever checks an export that was made of it."""
    decided(database)
    with database.engine.begin() as connection:
        forged = sa.text("UPDATE events SET payload = replace(payload, 'm.keller', 'j.smith') WHERE id = :id")
        row = connection.execute(sa.text("SELECT min(id) FROM events WHERE kind = 'proposal_signed'")).scalar()
        connection.execute(forged, {"id": row})
    with database.reading() as session:
        assert "decisions_hello event 4 (proposal_signed)" in verify(session).problems[0]
    report = check_export(exported(database))
    assert "decisions_hello event 4 (proposal_signed): its hash does not match" in report.problem
    assert report.line is not None


def test_the_registry_is_proven_against_its_record(database: Database) -> None:
    """A whole one has no problem; what is then changed in a table is named."""
    recorder, first, _ = decided(database)
    roll_back_agent(recorder, "hello", PERSON)
    record_run(recorder, run_id="run_first", bundle=first)
    assert problems(database) == []


CHANGES: dict[str, tuple[Callable[[Session, str], Any], str]] = {
    "content": (
        lambda session, digest: session.execute(
            sa.text("UPDATE bundles SET content = replace(content, 'kind', 'rude') WHERE digest = :d"), {"d": digest}
        ),
        "its content was changed",
    ),
    "author": (
        lambda session, digest: session.execute(sa.update(BUNDLES).values(author="nobody")),
        "listed as written by 'nobody', and on record as by",
    ),
    "state": (
        lambda session, digest: session.execute(
            sa.update(BUNDLES).where(BUNDLES.c.digest == digest).values(state="retired")
        ),
        "is listed as retired, and by the decisions on record it is live",
    ),
    "evidence": (
        lambda session, digest: session.execute(
            sa.update(BUNDLES).where(BUNDLES.c.digest == digest).values(evidence="sha256:other")
        ),
        "other evidence",
    ),
    "pointer": (
        lambda session, digest: session.execute(sa.update(LIVE).values(digest=make_bundle().digest)),
        "serves 'hello', and by the decisions on record it is",
    ),
    "no pointer": (lambda session, digest: session.execute(sa.delete(LIVE)), "nothing serves 'hello'"),
    "gone": (
        lambda session, digest: session.execute(sa.delete(BUNDLES).where(BUNDLES.c.digest == digest)),
        "which is not in the registry: they cannot be reproduced",
    ),
}


@pytest.mark.parametrize("what", CHANGES)
def test_what_is_changed_in_a_table_is_named(database: Database, what: str) -> None:
    """A version's words, its author, its place, what serves; and a run whose version is gone."""
    _, _, digest = decided(database)
    change, told = CHANGES[what]
    with database.writing() as session:
        change(session, digest)
    assert any(told in one for one in problems(database)), problems(database)


def problems(database: Database) -> list[str]:
    """What is wrong with ledger and registry."""
    with database.reading() as session:
        return [*verify(session).problems, *prove_registry(session)]


def test_the_list_is_paged_and_a_row_has_its_sheet(database: Database) -> None:
    """Newest first, refusals among them; the sheet with the signature."""
    decided(database)
    with database.reading() as session:
        page = audit_page(session, limit=3)
        rest = audit_page(session, before=page.before, limit=100)
        rows = [*page.items, *rest.items]
        assert [row.id for row in rows] == sorted((row.id for row in rows), reverse=True)
        assert {row.kind for row in rows} == {"decision_made", "proposal_signed", "decision_refused"}
        assert rest.before is None
        signed = next(row for row in rows if row.kind == "proposal_signed")
        detail = audit_detail(session, signed.id)
        assert (detail.sheet, detail.confirmed) == (SHEET, True)
        assert (signed.who, signed.role, signed.why) == ("m.keller", "approver", PERSON.reason)
        assert [row.kind for row in audit_page(session, kinds=["decision_refused"]).items] == ["decision_refused"]


def test_why_a_run_said_that(database: Database) -> None:
    """Its version, the evidence, and everything decided about it before the run; not what came after."""
    recorder, first, digest = decided(database)
    roll_back_agent(recorder, "hello", PERSON)
    record_run(recorder, run_id="run_back", bundle=first)
    with database.reading() as session:
        view = why_view(session, "run_after")
        assert (view.bundle.digest, view.reproducible, view.parents[0].digest) == (digest, True, first)
        assert view.chosen == f"it was live, by m.keller: {PERSON.reason}"
        assert view.evidence["verdict"] == "better"
        kinds = [(row.kind, row.who) for row in view.decisions]
        assert kinds[-3:] == [("proposal_signed", "m.keller"), *[("decision_made", "m.keller")] * 2]
        back = why_view(session, "run_back").chosen
        assert back.startswith("its conversation left ")
        assert "which was rolled back by then; it was live, by" in back
