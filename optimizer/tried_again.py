"""A live version tried again on its tasks after its tools drifted: against what it was known to do on the same tasks.

Prevents an effect of a changed tool that shows in customers' complaints alone. No call is made that may change
something, so it may be done at any hour, beside the service.
"""

from collections.abc import Callable

from agents.config import Workspace
from agents.errors import UsageError
from agents.prompts.drift_checks import find_check, list_untried, scores_before
from agents.prompts.tool_lists import tools_stream
from agents.runtime import Runtime
from agents.tasks import load_tasks
from optimizer.evaluate import Evaluation, Told, evaluate, stream_of
from traces.events import DriftChecked
from traces.ids import short
from traces.recorder import Recorder


def try_again(
    workspace: Workspace, recorder: Recorder, agent: str, server: str, found: str, *,
    told: Told | None = None, make_runtime: Callable[[], Runtime] | None = None,
) -> tuple[DriftChecked, Evaluation | None]:  # fmt: skip
    """Play the agent's tasks on its live version and put on record what came of it. Once: what is known is read.

    Args:
        workspace: with the tasks.
        recorder: of the ledger.
        agent: whose live version.
        server: the drifted server.
        found: digest of what it offers, or its beginning.
        told: hears of each task.
        make_runtime: for scripted models.

    Raises:
        UsageError: the live version does not go on with such a drift.
    """
    with recorder.database.reading() as session:
        waiting = [one for one in list_untried(session, agent) if one.server == server]
    due = next((one for one in waiting if short(one.found).startswith(short(found))), None)
    if due is None:
        raise UsageError(
            f"the live version of {agent!r} waits for no try with {server!r} as it is at {short(found)}",
            hint=f"`strop tools list {agent}` says what drifted, and what trying it came to.",
        )
    tasks = load_tasks(workspace.root, agent)
    name = f"drift of {server} to {short(due.found)}"
    stream, done = stream_of(agent, due.bundle, name), None
    event = DriftChecked(agent=agent, bundle=due.bundle, server=server, found=due.found, evaluation=stream)
    if tasks:
        done = evaluate(
            workspace, recorder.database, due.bundle, tasks, name=name, told=told, reads_only=True,
            make_runtime=make_runtime,
        )  # fmt: skip
        with recorder.database.reading() as session:
            before = scores_before(session, due.bundle, stream)
        known = [before[one.task] for one in done.told if one.task in before]
        event = event.model_copy(update={
            "tasks": len(done.told), "left_out": len(done.scores) - len(done.told), "known": len(known),
            "mean": done.mean if done.told else None, "before": sum(known) / len(known) if known else None,
        })  # fmt: skip
    if not event.tasks:
        why = "each of its tasks needs a call that may change something" if tasks else "it has no tasks"
        event = event.model_copy(update={"why": why})
    with recorder.database.writing() as session:
        written = find_check(session, agent, due.bundle, server, due.found)
        if written is None:
            recorder.append_in(session, tools_stream(agent), event)
    recorder.announce(tools_stream(agent))
    return written or event, done
