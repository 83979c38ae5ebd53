"""Random SIGKILLs of workers under load: `python -m tests.crash.storm KILLS` (`make crash N=200`), last line JSON.

Half of the kills hit three workers on one PostgreSQL, half one process on SQLite; then each worker is restarted in
order under load. Each run pays one amount of its own at a counting MCP server; every third is held until a person
allows it. In the end every run must have finished, every amount be paid once, and the ledger verify.
"""

import asyncio
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from pydantic_ai.messages import ModelMessage, ModelResponse, UserPromptPart
from pydantic_ai.models.function import AgentInfo, DeltaToolCall, FunctionModel
from sqlalchemy.orm import Session

import agents.holding
import agents.service.work
import traces.leases
from agents.approvals import decide_approval, list_approvals
from agents.config import Workspace, load_workspace
from agents.outcomes import decide_outcome
from agents.runtime import Runtime
from agents.service.work import Work
from agents.starting import Start
from tests.crash.workshop import lines
from tests.postgres import PostgresUnavailable, running_postgres
from traces.db import Database, open_database
from traces.events import OutcomeDecided, RunWaited
from traces.provenance import Provenance
from traces.store import last_event_id, list_runs, read_events
from traces.summary import RunSummary
from traces.tables import RUNS
from traces.verify import verify

ROOT: Final = Path(__file__).parents[2]
AGENT: Final = """
name: payer
model: test
instructions: Look, pay, say so.
strop:
  tools: [{server: counting}]
  policies: [{tool: pay, when: {amount: {minimum: 1000000}}, then: ask, reason: it is much}]
"""
MUCH: Final = 1_000_000
"""Added to every third amount, which a person has to allow."""

FASTER: Final = 5.0
"""Leases run out, and are looked for, so much sooner than in service: the same code, a shorter wait between kills."""

STANDSTILL: Final = 15.0
"""Seconds after which the next worker is killed though nothing happens: what was left may need a fresh one."""

PATIENCE: Final = 120.0
"""Seconds that the last runs may take to end after the last kill."""


def main(kills: int, seed: int) -> dict[str, Any]:
    """Both halves of the storm."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="strop-storm-")))
        parts = [storm(folder / "sqlite", f"sqlite:///{folder / 'ledger.db'}", 1, kills - kills // 2, seed)]
        try:
            server = stack.enter_context(running_postgres())
        except PostgresUnavailable as reason:
            print(f"without PostgreSQL: {reason}")
        else:
            url = stack.enter_context(server.fresh_database())
            parts.append(storm(folder / "postgres", url, 3, kills // 2, seed + 1))
    names = parts[0].keys()
    return {name: sum(part[name] for part in parts) for name in names}


def storm(folder: Path, url: str, workers: int, kills: int, seed: int) -> dict[str, int]:
    """Kill workers of one database so many times, let the runs end, and count what went wrong."""
    chance = random.Random(seed)
    with counting(folder) as workspace:
        warm(workspace)
        with crew(workspace, url, workers) as living:
            asked, killed, allowed = 0, 0, 0
            while killed < kills:
                allowed += allow(workspace, url)
                asked = ask(workspace, url, asked, workers * 2)
                pause(url, chance)
                at = chance.randrange(workers)
                end(living[at])
                killed += 1
                if killed % 50 == 0:
                    print(f"{killed} of {kills} kills with {workers} at work, {asked} runs", flush=True)
                living[at] = spawn(workspace, url)
            asked = roll(workspace, url, living, asked)
            unknown, later = settle(workspace, url)
        found = account(folder, url, asked)
        return {"kills": killed, "runs": asked, **found, "unknown_outcomes": unknown, "allowed": allowed + later}


@contextmanager
def crew(workspace: Workspace, url: str, workers: int) -> Iterator[list[int]]:
    """The living workers' process ids; whatever happens, none of them is left behind."""
    living: list[int] = []
    try:
        for _ in range(workers):
            living.append(spawn(workspace, url))  # noqa: PERF401  # those that were begun are ended, also of a half crew
        yield living
    finally:
        for pid in living:
            end(pid)


def end(pid: int) -> None:
    """Kill a worker of ours, and bury it. One that was buried before is no process of ours any more."""
    with suppress(ChildProcessError):
        if os.waitpid(pid, os.WNOHANG) == (0, 0):
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def pause(url: str, chance: random.Random) -> None:
    """Until the drawn moment of the next kill: so many facts later, and then somewhere within the next.

    Counted in facts and not in seconds, so that a slow machine's workers are not all killed while they start.
    """
    wanted, end = chance.randint(1, 25), time.monotonic() + STANDSTILL
    database = open_database(url)
    with database.reading() as session:
        begun = last_event_id(session)
    while time.monotonic() < end:
        with database.reading() as session:
            if last_event_id(session) >= begun + wanted:
                break
        time.sleep(0.005)
    database.close()
    time.sleep(chance.uniform(0, 0.03))


def roll(workspace: Workspace, url: str, living: list[int], asked: int) -> int:
    """Restart each worker in turn under load, as an upgrade does; gives how many runs were asked for by then."""
    for at, pid in enumerate(living):
        asked = ask(workspace, url, asked, len(living) * 2)
        os.kill(pid, signal.SIGTERM)
        _, status = os.waitpid(pid, 0)
        assert os.waitstatus_to_exitcode(status) == 0, "a worker did not stop in order"
        living[at] = spawn(workspace, url)
    return asked


@contextmanager
def counting(folder: Path) -> Iterator[Workspace]:
    """A workspace whose one tool server counts, ended by its process id."""
    (folder / "agents").mkdir(parents=True)
    (folder / "strop.toml").write_text('[workspace]\nname = "storm"\n')
    (folder / "agents" / "payer.yaml").write_text(AGENT)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (folder / "mcp.json").write_text(
        json.dumps({"mcpServers": {"counting": {"url": f"http://127.0.0.1:{port}/mcp"}}})
    )
    command = [sys.executable, "-m", "tests.crash.storm_server", str(port), str(folder / "paid")]
    with (
        (folder / "server.log").open("w") as log,
        subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log) as server,
    ):
        try:
            while socket.socket().connect_ex(("127.0.0.1", port)):
                assert server.poll() is None, (folder / "server.log").read_text()
                time.sleep(0.1)
            yield load_workspace(folder, {})
        finally:
            server.kill()


def warm(workspace: Workspace) -> None:
    """One run here, in a database of its own: what a first run imports and builds, every fork then has from birth."""

    async def one(runtime: Runtime) -> None:
        await runtime.run(Start("payer", "-1"))
        await runtime.close()

    database = open_database(f"sqlite:///{workspace.root / 'warm.db'}")
    asyncio.run(one(Runtime(workspace, database, make_model=lambda bundle: scripted())))
    database.close()


def spawn(workspace: Workspace, url: str) -> int:
    """A worker as a fork: milliseconds where a fresh interpreter takes seconds, and as dead when it is killed."""
    pid = os.fork()
    if pid:
        return pid
    try:
        traces.leases.LEASE_SECONDS /= FASTER  # type: ignore[misc]
        agents.holding.RENEW_SECONDS /= FASTER  # type: ignore[misc]
        agents.service.work.SCAN_SECONDS /= FASTER  # type: ignore[misc]
        agents.service.work.PAUSE_SECONDS /= FASTER  # type: ignore[misc]
        agents.service.work.YOUNG_SECONDS = 0.0  # type: ignore[misc]
        asyncio.run(_work(workspace, url))
        os._exit(0)
    finally:
        os._exit(70)


async def _work(workspace: Workspace, url: str) -> None:
    from agents.service.log import log_to

    log_to((workspace.root / "log").open("a"))
    runtime = Runtime(workspace, open_database(url), make_model=lambda bundle: scripted())
    work, stop = Work(runtime, at_once=8), asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    work.open()
    await stop.wait()
    await work.close()
    await runtime.close()


def scripted() -> FunctionModel:
    """Looks, pays the amount in the prompt, says so."""

    async def reply(messages: list[ModelMessage], info: AgentInfo) -> AsyncIterator[Any]:
        prompt = next(part for part in messages[0].parts if isinstance(part, UserPromptPart)).content
        turn = sum(isinstance(message, ModelResponse) for message in messages)
        calls = [("look", {"name": "a"}), ("pay", {"amount": int(str(prompt))}), ("look", {"name": "b"})]
        if turn < len(calls):
            tool, arguments = calls[turn]
            yield {0: DeltaToolCall(name=tool, json_args=json.dumps(arguments), tool_call_id=f"call-{turn}")}
        else:
            yield "paid"

    return FunctionModel(stream_function=reply, model_name="scripted")


# --- what people do ------------------------------------------------------------------------------------------------


@contextmanager
def opened(workspace: Workspace, url: str) -> Iterator[Runtime]:
    """A runtime that works on nothing: for asking and deciding."""
    database = open_database(url)
    yield Runtime(workspace, database, make_model=lambda bundle: scripted(), worker="people")
    database.close()


def ask(workspace: Workspace, url: str, asked: int, in_flight: int) -> int:
    """So many runs are under way at any time; gives how many were asked for in all."""
    with opened(workspace, url) as runtime:
        for _ in range(in_flight - len(_open(runtime.database))):
            runtime.start(Start("payer", str(asked + MUCH * (asked % 3 == 0))))
            asked += 1
    return asked


def _open(database: Database) -> list[Any]:
    with database.reading() as session:
        return list(list_runs(session, where=[RUNS.c.status == "running"], limit=1000).items)


def allow(workspace: Workspace, url: str) -> int:
    """Allow every call that is held now; gives how many there were."""
    with opened(workspace, url) as runtime:
        with runtime.database.reading() as session:
            held = list_approvals(session)
        for one in held:
            decide_approval(
                runtime.recorder, one.id, "approve", Provenance(by="m.keller", reason="asked the customer")
            )
    return len(held)


def settle(workspace: Workspace, url: str) -> tuple[int, int]:
    """Decide on calls with an unknown outcome as a person would, and allow what is held, until no run is open; gives
    how many there were of each.
    """
    decided, allowed, end = 0, 0, time.monotonic() + PATIENCE
    with opened(workspace, url) as runtime:
        while time.monotonic() < end:
            allowed += allow(workspace, url)
            with runtime.database.reading() as session:
                waiting = list_runs(session, where=[RUNS.c.status == "waiting"], limit=1000).items
            for run in waiting:
                decided += decide(runtime, run.id, paid=run.input in lines(workspace.root / "paid"))
            if not waiting and not _open(runtime.database):
                break
            time.sleep(0.2)
    return decided, allowed


def decide(runtime: Runtime, run_id: str, *, paid: bool) -> bool:
    """What a person says who looked at the bank; gives whether the run waited for that, and not to be allowed."""
    with runtime.database.reading() as session:
        last = read_events(session, run_id, kinds=["run_waited"])[-1].event
    assert isinstance(last, RunWaited)
    if last.reason != "outcome_unknown":
        return False
    by = Provenance(by="m.keller", reason="looked at the bank")
    said: Any = {"decision": "done", "result": "paid"} if paid else {"decision": "retry"}
    decide_outcome(runtime.recorder, run_id, OutcomeDecided(op=last.ops[0], provenance=by, **said))
    return True


def account(folder: Path, url: str, asked: int) -> dict[str, int]:
    """Runs that were lost, payments that were made twice or not at all, runs that nobody ends, broken streams."""
    database = open_database(url)
    with database.reading() as session:
        found = _all(session)
        broken = len(verify(session).problems)
    database.close()
    paid = Counter(lines(folder / "paid"))
    finished = {run.input for run in found if run.status == "finished"}
    for run in found:
        if run.status != "finished":
            print(f"{run.id} {run.status}: {run.error}", file=sys.stderr)
    return {
        "lost": asked - len(finished),
        "duplicated": sum(times - 1 for times in paid.values()),
        "unpaid": len(finished - paid.keys()),
        "zombies": sum(run.status in {"running", "waiting"} for run in found),
        "broken_streams": broken,
    }


def _all(session: Session) -> list[RunSummary]:
    found: list[RunSummary] = []
    after = None
    while True:
        page = list_runs(session, after=after, limit=1000)
        found += page.items
        after = page.after
        if after is None:
            return found


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    drawn = int(sys.argv[2]) if len(sys.argv) > 2 else random.randrange(10**6)
    print(f"seed {drawn}")
    result = main(count, drawn)
    print(json.dumps(result))
    sys.exit(any(result[name] for name in ("lost", "duplicated", "unpaid", "zombies", "broken_streams")))
