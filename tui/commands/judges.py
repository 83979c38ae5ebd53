"""`strop judges`: models that judge answers where no code can, and how far they agree with people."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tui.commands.opening import in_workspace, ledger, load, load_settings, with_json, writing
from tui.commands.printing import console, print_json, say, style

if TYPE_CHECKING:
    from agents.config import Workspace
    from optimizer.judges.agreement import JudgeAgreement
    from optimizer.judges.bench import Judges, StoredJudge
    from optimizer.judges.program import Ask
    from traces.recorder import Recorder


@click.group()
def judges() -> None:
    """Judges of answers: versions, agreement with people, better versions. A metric of kind `judge` uses one."""


@judges.command("add")
@click.argument("agent")
@click.option("--criteria", required=True, metavar="TEXT|@FILE", help="What makes an answer right, in words.")
@click.option("--model", "model", default=None, help="Who judges. Default: the reflection model.")
@with_json
@in_workspace
def add(agent: str, criteria: str, model: str | None, as_json: bool, folder: Path | None) -> None:
    """Write a judge for AGENT. Its digest is its version."""
    from agents.errors import UsageError
    from optimizer.judges.program import JudgeProgram
    from traces.provenance import Provenance

    workspace = load(folder)
    workspace.agent(agent)
    text = Path(criteria[1:]).read_text(encoding="utf-8") if criteria.startswith("@") else criteria
    chosen = model or workspace.reflection_model
    if not chosen or not text.strip():
        raise UsageError("a judge needs criteria and a model", hint="Give --model, or [models] reflection.")
    program = JudgeProgram(agent=agent, criteria=text.strip(), model=chosen)
    with writing(workspace) as recorder:
        digest = _judges(recorder, agent).add(program, Provenance(by=workspace.user))
    if as_json:
        print_json({"judge": digest, "program": program.model_dump(mode="json")})
    else:
        say(f"judge {digest[7:19]} of {agent}; hold it against people: strop judges measure {agent}")


@judges.command("list")
@click.argument("agent")
@with_json
@in_workspace
def list_(agent: str, as_json: bool, folder: Path | None) -> None:
    """List the judges of AGENT, oldest first, with their agreement with people."""
    from traces.recorder import Recorder

    with ledger(load_settings(folder)) as database:
        known = _judges(Recorder(database), agent).all()
    if as_json:
        print_json([_facts(one) for one in known])
        return
    for one in known:
        console().print(f"{one.digest[7:19]}  {one.program.model}", style=style("accent"))
        console().print(f"  {one.program.criteria[:160]}", markup=False, highlight=False)
        console().print("\n".join(_told(one.agreement)), markup=False, highlight=False)
    if not known:
        say(f"no judge yet: strop judges add {agent} --criteria TEXT")


@judges.command("measure")
@click.argument("agent")
@click.argument("judge", default="newest")
@click.option(
    "--budget-calls", "calls", type=click.IntRange(1), default=400, show_default=True, help="Questions at the most."
)
@click.option(
    "--budget-dollars", "dollars", type=click.FloatRange(min=0), default=5.0, show_default=True,
    help="What it may cost at the most.",
)  # fmt: skip
@with_json
@in_workspace
def measure(agent: str, judge: str, calls: int, dollars: float, as_json: bool, folder: Path | None) -> None:
    """Hold a JUDGE of AGENT (default: the newest) against people, on the select pool."""
    from optimizer.judges.agreement import Bar, misses
    from optimizer.listing import list_examples

    workspace = load(folder)
    with writing(workspace) as recorder:
        known = _judges(recorder, agent)
        chosen = known.get(judge)
        listing = list_examples(recorder.database, workspace, agent)
        examples = [one.example for one in listing.examples if one.pool in ("select", None)]
        with _asking(workspace, recorder, agent, chosen, calls, dollars) as (ask, spent):
            found = known.measure(chosen, ask, examples)
            paid = spent()
    refused = misses(found, Bar())
    if as_json:
        facts = {"judge": chosen.digest, "agreement": found.model_dump(mode="json"), "may_decide": not refused}
        print_json({**facts, "misses": list(refused), "paid": paid})
        return
    console().print("\n".join(_told(found)), markup=False, highlight=False)
    for why in refused:
        console().print(f"  - {why}", markup=False, highlight=False)
    say(f"{'it may not decide yet' if refused else 'it may decide'}; {_paid(paid)}")


@judges.command("improve")
@click.argument("agent")
@click.argument("judge", default="newest")
@click.option(
    "--budget-calls", "calls", type=click.IntRange(1), default=1000, show_default=True, help="Questions at the most."
)
@click.option(
    "--budget-dollars", "dollars", type=click.FloatRange(min=0), default=5.0, show_default=True,
    help="What it may cost at the most.",
)  # fmt: skip
@with_json
@in_workspace
def improve(agent: str, judge: str, calls: int, dollars: float, as_json: bool, folder: Path | None) -> None:
    """Look for a better version of a JUDGE with people's verdicts, and prove it on others."""
    from optimizer.evidence_text import render_evidence
    from optimizer.judges.bench import improve as improve_judge
    from optimizer.listing import list_examples
    from traces.provenance import Provenance

    workspace = load(folder)
    with writing(workspace) as recorder:
        known = _judges(recorder, agent)
        chosen = known.get(judge)
        listed = list_examples(recorder.database, workspace, agent).examples
        reflect = [one.example for one in listed if one.pool == "reflect"]
        select = [one.example for one in listed if one.pool == "select"]
        with _asking(workspace, recorder, agent, chosen, calls, dollars) as (ask, spent):
            by = Provenance(by="optimizer", actor="machine")
            found = improve_judge(known, chosen, ask, reflect, select, by)
            paid = spent()
    if found is None:
        print_json({"judge": None, "paid": paid}) if as_json else say(f"no other version was found; {_paid(paid)}")
    elif as_json:
        print_json({"judge": found.judge.digest, "evidence": found.evidence.model_dump(mode="json"), "paid": paid})
    else:
        console().print(render_evidence(found.evidence), markup=False, highlight=False)
        console().print("\n".join(_told(found.after)), markup=False, highlight=False)
        say(f"judge {found.judge.digest[7:19]} is on record; {_paid(paid)}")


def _judges(recorder: "Recorder", agent: str) -> "Judges":
    from optimizer.judges.bench import Judges, judges_log
    from optimizer.night_log import NightLog

    return Judges(judges_log(NightLog(recorder.database, "", agent)))


@contextmanager
def _asking(
    workspace: "Workspace", recorder: "Recorder", agent: str, judge: "StoredJudge", calls: int, dollars: float
) -> Iterator[tuple["Ask", Any]]:
    """(asks the judge's model, what was paid): every question on record in the stream of the judges."""
    from agents.models.gateway import Gateway
    from optimizer.judges.bench import judges_log
    from optimizer.loop_thread import LoopThread
    from optimizer.night_log import NightLog
    from optimizer.purse import Caps, Purse
    from optimizer.reflection import Reflection

    thread = LoopThread()
    purse = Purse(Caps(dollars=dollars))
    try:
        model = Gateway(workspace.gateway, workspace.local).model(judge.program.model)
        log = judges_log(NightLog(recorder.database, "", agent))
        ask = Reflection(log, model, purse, thread, calls=calls, name="judge", again=False)

        def spent() -> dict[str, float]:
            paid = purse.spent
            return {"requests": paid.requests, "tokens": paid.tokens, "dollars": paid.dollars}

        yield ask, spent
    finally:
        thread.close()


def _facts(one: "StoredJudge") -> dict[str, Any]:
    return {
        "judge": one.digest, "parent": one.parent, "program": one.program.model_dump(mode="json"),
        "agreement": one.agreement and one.agreement.model_dump(mode="json"),
    }  # fmt: skip


def _told(found: "JudgeAgreement | None") -> list[str]:
    if found is None:
        return ["  never held against people"]
    span = "" if found.low is None else f" [{found.low:.2f}, {found.high:.2f}]"
    told = "unknown" if found.kappa is None else f"{found.kappa:.2f}"
    lines = [f"  kappa {told}{span} on {found.n} answers of {found.families} families, {found.accuracy:.0%} alike"]
    if found.flips is not None:
        lines.append(f"  position: {found.flips:.0%} of {found.flips_n} verdicts change with the order of options")
    if found.length_bias is not None:
        lines.append(f"  length: rank correlation with its errors {found.length_bias:+.2f} (p {found.length_p:.2g})")
    return lines


def _paid(paid: dict[str, float]) -> str:
    return f"{paid['requests']:.0f} requests, {paid['tokens']:.0f} tokens, ${paid['dollars']:.4f}"
