"""`strop judges`: models that judge answers where no code can, and how far they agree with people."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from tui.commands.opening import in_workspace, ledger, load, load_settings, with_json, writing
from tui.commands.printing import console, print_json, say, style

if TYPE_CHECKING:
    from optimizer.examples import Example
    from optimizer.judges.agreement import JudgeAgreement
    from optimizer.judges.bench import Judges, StoredJudge
    from optimizer.judges.program import Ask
    from traces.recorder import Recorder

Command = TypeVar("Command", bound=Callable[..., Any])


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


def _on_a_judge(calls: int) -> Callable[[Command], Command]:
    """AGENT, JUDGE, what may be spent (so many `calls` unless said otherwise), and the usual rest."""
    options = (
        click.argument("agent"),
        click.argument("judge", default="newest"),
        click.option(
            "--budget-calls", "calls", type=click.IntRange(1), default=calls, show_default=True,
            help="Questions at the most.",
        ),
        click.option(
            "--budget-dollars", "dollars", type=click.FloatRange(min=0), default=5.0, show_default=True,
            help="What it may cost at the most.",
        ),
        with_json, in_workspace,
    )  # fmt: skip

    def wrap(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return wrap


@judges.command("measure")
@_on_a_judge(400)
def measure(agent: str, judge: str, calls: int, dollars: float, as_json: bool, folder: Path | None) -> None:
    """Hold a JUDGE of AGENT (default: the newest) against people, on the select pool."""
    from optimizer.judges.agreement import Bar, misses

    with _sitting(folder, agent, judge, calls, dollars) as at:
        found = at.known.measure(at.chosen, at.ask, [*at.examples["select"], *at.examples[None]])
        paid, chosen = at.paid(), at.chosen
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
@_on_a_judge(1000)
def improve(agent: str, judge: str, calls: int, dollars: float, as_json: bool, folder: Path | None) -> None:
    """Look for a better version of a JUDGE with people's verdicts, and prove it on others."""
    from optimizer.evidence_text import render_evidence
    from optimizer.judges.bench import improve as improve_judge
    from traces.provenance import Provenance

    with _sitting(folder, agent, judge, calls, dollars) as at:
        by = Provenance(by="optimizer", actor="machine")
        found = improve_judge(at.known, at.chosen, at.ask, at.examples["reflect"], at.examples["select"], by)
        paid = at.paid()
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


@dataclass(frozen=True)
class _Sitting:
    """One judge of one agent, ready to be asked: every question is on record in the stream of the judges."""

    known: "Judges"
    chosen: "StoredJudge"
    ask: "Ask"
    examples: dict[str | None, list["Example"]]
    """By pool; None: in none yet."""
    paid: Callable[[], dict[str, float]]


@contextmanager
def _sitting(folder: Path | None, agent: str, judge: str, calls: int, dollars: float) -> Iterator[_Sitting]:
    from agents.models.gateway import Gateway
    from optimizer.judges.bench import judges_log
    from optimizer.listing import list_examples
    from optimizer.loop_thread import LoopThread
    from optimizer.night_log import NightLog
    from optimizer.purse import Caps, Purse
    from optimizer.reflection import Reflection

    workspace = load(folder)
    purse = Purse(Caps(dollars=dollars))

    def paid() -> dict[str, float]:
        spent = purse.spent
        return {"requests": spent.requests, "tokens": spent.tokens, "dollars": spent.dollars}

    with writing(workspace) as recorder:
        known = _judges(recorder, agent)
        chosen = known.get(judge)
        examples: dict[str | None, list[Example]] = defaultdict(list)
        for one in list_examples(recorder.database, workspace, agent).examples:
            examples[one.pool].append(one.example)
        thread = LoopThread()
        try:
            model = Gateway(workspace.gateway, workspace.local).model(chosen.program.model)
            log = judges_log(NightLog(recorder.database, "", agent))
            ask = Reflection(log, model, purse, thread, calls=calls, name="judge", again=False)
            yield _Sitting(known, chosen, ask, examples, paid)
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
