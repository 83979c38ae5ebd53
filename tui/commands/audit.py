"""`strop audit`: who decided what, what was refused to whom; taken out, and checked by anybody. `strop why RUN`."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from tui.commands.opening import in_workspace, ledger, load_settings, with_json
from tui.commands.printing import console, print_json, say, style
from tui.commands.telling import LEDGER

if TYPE_CHECKING:
    from agents.service.wire.audit import AuditView, WhyView


@click.group()
def audit() -> None:
    """Read the record of decisions, refusals and keys; take it out; check what was taken out."""


@audit.command("list")
@click.option("--agent", default=None, help="Only decisions about this agent.")
@click.option("--limit", type=click.IntRange(1, 1000), default=100, show_default=True, help="Rows.")
@click.option("--before", type=int, default=None, metavar="ID", help="The page after the row with this id.")
@with_json
@in_workspace
def list_(agent: str | None, limit: int, before: int | None, as_json: bool, folder: Path | None) -> None:
    """List who decided what and what was refused, newest first."""
    from agents.service.audit import audit_page

    with ledger(load_settings(folder)) as database, database.reading() as session:
        page = audit_page(session, before=before, agent=agent, limit=limit)
    if as_json:
        print_json(page)
        return
    for row in page.items:
        _print_row(row)
    if page.before is not None:
        say(f"older rows: --before {page.before}")
    if not page.items:
        say("nothing was decided or refused yet")


def _print_row(row: "AuditView") -> None:
    from tui.lines.cells import one_line
    from tui.lines.figures import moment

    when = moment(row.at, datetime.now().astimezone())
    role = "warn" if row.kind in {"decision_refused", "request_refused"} else "text"
    console().print(f"{row.id:>7}  {when:14}  {one_line(row.what)}", style=style(role), markup=False, highlight=False)


@audit.command("show")
@click.argument("row", type=int, metavar="ID")
@with_json
@in_workspace
def show(row: int, as_json: bool, folder: Path | None) -> None:
    """Show one row whole: also the text that was shown when it was decided."""
    from agents.service.audit import audit_detail
    from tui.lines.cells import clean
    from tui.lines.pretty import pretty

    with ledger(load_settings(folder)) as database, database.reading() as session:
        detail = audit_detail(session, row)
    if as_json:
        print_json(detail)
        return
    _print_row(detail.row)
    facts = {key: value for key, value in detail.data.items() if key not in {"sheet", "detail"} and value}
    console().print("\n".join(clean(one) for one in pretty(facts).split("\n")), markup=False, highlight=False)
    if detail.sheet:
        how = "was on the screen, says the person's client" if detail.confirmed else "stood for it"
        console().print(f"\nThis {how}:\n", style=style("muted"))
        console().print("\n".join(clean(one) for one in detail.sheet.split("\n")), markup=False, highlight=False)


@audit.command("export")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="The file. Default: stdout.")
@with_json
@in_workspace
def export(output: Path | None, as_json: bool, folder: Path | None) -> None:
    """Write the whole audit as JSON lines, with what was shown; `strop audit verify` checks it anywhere.

    The head that is told at the end covers every line. Keep it elsewhere: who has it can tell whether a file was made
    anew.
    """
    import json

    from traces.audit import export_audit

    workspace = load_settings(folder)
    about = {"workspace": workspace.name, "environment": workspace.environment, "at": f"{datetime.now(UTC):%FT%TZ}"}
    last = ""
    with ledger(workspace) as database, database.reading() as session:
        if output is None:  # JSON lines, whether that was asked for or not
            for last in export_audit(session, about):
                click.echo(last, nl=False)
        else:
            with output.open("w", encoding="utf-8", errors="surrogatepass", newline="\n") as file:
                for last in export_audit(session, about):
                    file.write(last)
    end = json.loads(last)
    if as_json and output is not None:
        print_json({"file": str(output), "head": end["end"], "rows": end["rows"], "bodies": end["bodies"]})
        return
    say(f"{end['rows']} rows and {end['bodies']} bodies; head {end['end']}")


@audit.command("verify")
@click.argument("file", type=click.File("r", encoding="utf-8", errors="surrogatepass"))
@click.option("--head", default=None, metavar="HASH", help="What `strop audit export` told then, if you kept it.")
@with_json
def verify(file: TextIO, head: str | None, as_json: bool) -> None:
    """Check an exported FILE (or -), without a workspace or a database.

    Names the first row that is wrong, and ends with 7 then.
    """
    from dataclasses import asdict

    from traces.audit import check_export

    report = check_export(file, head)
    if as_json:
        print_json({"whole": not report.problem, **asdict(report)})
    elif report.problem:
        place = "" if report.line is None else f"line {report.line}: "
        console().print(f"{place}{report.problem}", style=style("error"), markup=False, highlight=False)
    else:
        told = f"whole: {report.rows} rows of {report.streams} streams, {report.bodies} bodies; head {report.head}"
        console().print(told + (f"; {report.erased} erased" if report.erased else ""), highlight=False)
    if report.problem:
        click.get_current_context().exit(LEDGER)


@click.command()
@click.argument("run")
@with_json
@in_workspace
def why(run: str, as_json: bool, folder: Path | None) -> None:
    """Say why RUN said what it said: its version, the evidence for that, and who decided so."""
    from agents.service.audit import why_view

    with ledger(load_settings(folder)) as database, database.reading() as session:
        view = why_view(session, run)
    if as_json:
        print_json(view)
    else:
        _print_why(view)


def _print_why(view: "WhyView") -> None:
    from tui.lines.cells import clean, one_line
    from tui.lines.figures import short

    out, bundle = console(), view.bundle
    proven = "as its digest says" if view.reproducible else "NOT what its digest says: run `strop verify`"
    facts = [
        ("run", f"{view.run.id}  {view.run.status}"), ("asked", one_line(view.run.input)),
        ("said", one_line(view.run.output or view.run.error or "")), ("version", f"{bundle.digest}  ({proven})"),
        ("because", view.chosen), ("author", f"{bundle.author} ({bundle.author_kind}), {bundle.created_at:%F %H:%M}"),
        ("note", one_line(bundle.note)), ("grew from", ", ".join(short(one.digest) for one in view.parents)),
        ("evidence", view.evidence_digest or "none: it was taken from its file"),
    ]  # fmt: skip
    for name, text in facts:
        if text:
            out.print(f"{name:10} {clean(text)}", markup=False, highlight=False)
    if view.summary:
        out.print("\n" + "\n".join(clean(one) for one in view.summary.split("\n")), markup=False, highlight=False)
    out.print("\nWho decided what about it:", style=style("muted"))
    for row in view.decisions:
        _print_row(row)
    say(f"\nstrop bundles show {short(bundle.digest)}; strop runs show {view.run.id}; strop audit show ID")
