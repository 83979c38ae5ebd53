"""Queues of the fixed world: one with labels to be worked off by two, one that is done."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from agents.service.wire.queues import AgreementView, CloseQueue, OpenQueue, QueueDetail, QueueTurn, QueueView
from tests.tui import builders

if TYPE_CHECKING:
    from tests.tui.fake_service import World


def queues() -> dict[str, QueueView]:
    """Both, the newest first."""
    at = builders.NOW - timedelta(hours=2)
    polite = QueueView(
        name="polite", query="agent:desk since:7d", agents=["desk"], labels=["rude", "cold", "kind"], reviewers=2,
        runs=3, done=1, begun=2, mine=0, left=2, by_reviewer={"m.keller": 2, "a.roth": 1}, opened_at=at,
        opened_by="m.keller", note="how do we sound",
    )  # fmt: skip
    done = polite.model_copy(
        update={"name": "teams", "labels": [], "runs": 40, "done": 40, "begun": 40, "mine": 20, "left": 0,
                "closed_at": at}
    )  # fmt: skip
    return {"polite": polite, "teams": done}


RUNS = (1, 4)
"""Numbers of the runs that are left in the first queue."""


def routes(world: "World", answer: Any, refusal: type[Exception]) -> list[Route]:
    """The routes over a world; `answer` makes a response, `refusal` an error."""

    def found(request: Request) -> QueueView:
        name = request.path_params["name"]
        if name not in world.queues:
            raise refusal(404, f"no queue {name!r}")
        return world.queues[name]

    def left() -> list[str]:
        judged = {fact.stream for fact in world.facts.all if fact.kind == "feedback_given" and _is_mine(fact.data)}
        return [run for run in (builders.run_view(number).id for number in RUNS) if run not in judged]

    async def every(request: Request) -> Response:
        return answer(list(world.queues.values()))

    async def detail(request: Request) -> Response:
        words = {builders.run_view(1).id: {"m.keller": "rude", "a.roth": "kind"}}
        shown = AgreementView(alpha=0.41, low=0.12, high=0.7, runs=20, agreed=14, disputed=words)
        return answer(QueueDetail(queue=found(request), agreement=shown))

    async def turn(request: Request) -> Response:
        after, ids = request.query_params.get("after"), left()
        if after in ids:
            ids = [*ids[ids.index(after) + 1 :], *ids[: ids.index(after) + 1]]
        queue = found(request).model_copy(update={"left": len(ids), "mine": len(RUNS) - len(ids)})
        return answer(QueueTurn(queue=queue, run=world.runs[ids[0]] if ids else None))

    async def open_(request: Request) -> Response:
        asked = OpenQueue.model_validate_json(await request.body())
        world.told.append(("open queue", asked))
        fresh = world.queues["polite"].model_copy(update={"name": asked.name, "query": asked.query})
        world.queues = {asked.name: fresh, **world.queues}
        return JSONResponse(fresh.model_dump(mode="json"), 201)

    async def close(request: Request) -> Response:
        said = CloseQueue.model_validate_json(await request.body())
        world.told.append(("close queue", said))
        queue = found(request).model_copy(update={"closed_at": builders.NOW, "left": 0})
        world.queues[queue.name] = queue
        return answer(queue)

    return [
        Route("/v1/queues", every, methods=["GET"]), Route("/v1/queues", open_, methods=["POST"]),
        Route("/v1/queues/{name}", detail), Route("/v1/queues/{name}/next", turn),
        Route("/v1/queues/{name}/close", close, methods=["POST"]),
    ]  # fmt: skip


def _is_mine(data: dict[str, Any]) -> bool:
    return bool(data.get("provenance", {}).get("by") == "night-shift")
