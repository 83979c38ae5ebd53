"""A service with a fixed world behind the real wire: HTTP and server-sent events on a Unix socket, in a thread.

It keeps its state when it is stopped and started again, as the real one does. Run it by hand to look at the terminal:
`python -m tests.tui.fake_service PATH_OF_SOCKET [--live]`.
"""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from agents.service import wire
from tests.tui import builders, fake_figures, fake_plays, fake_queues, fake_waiting
from tests.tui.fake_trouble import Mood, Moods


class Refusal(Exception):
    """Answered as a problem document."""

    def __init__(
        self, status: int, title: str, detail: str = "", hint: str = "", position: int | None = None
    ) -> None:
        super().__init__(title)
        self.problem = wire.Problem(status=status, title=title, detail=detail, hint=hint, position=position)


class World:
    """All that the service knows, and what it was told."""

    def __init__(self, runs: int = 60) -> None:
        self.facts = builders.Facts()
        self.runs = {run.id: run for run in builders.world(runs)}
        ids = list(self.runs)
        for run in reversed(self.runs.values()):
            builders.write_run(self.facts, run, child=ids[3] if run.id == ids[1] else None)
        self.bundles = {bundle.digest: bundle for bundle in builders.bundles()}
        self.held = {one.id: one for one in map(builders.held, builders.HELD) if one.run_id in self.runs}
        self.proposals = {one.bundle.digest: one for one in [builders.proposal()]}
        self.nights = builders.nights()
        for night in reversed(self.nights):
            builders.write_night(self.facts, night)
        self.about = wire.AboutView(version="0.1.0", workspace="insurer", environment="staging", user="night-shift")
        self.question = builders.question()
        self.queues = fake_queues.queues()
        self.plays: dict[str, Any] = {"play_1": None}
        self.me = builders.me("approver")
        self.told: list[tuple[str, Any]] = []
        """Every write that came in: (what, body)."""
        self.deltas: dict[str, list[wire.DeltaView]] = {}
        self.live = builders.LIVE
        self.mood: Mood = ""

    @classmethod
    def empty(cls) -> "World":
        """A service on its first day: a workspace and nothing else."""
        world = cls(runs=5)
        world.facts, world.runs, world.bundles, world.proposals, world.nights = builders.Facts(), {}, {}, {}, []
        world.held, world.queues, world.plays = {}, {}, {}
        return world

    def fact(self, stream: str, kind: str, **data: Any) -> wire.EventView:
        """Something happens now."""
        return self.facts.add(stream, kind, builders.NOW, **data)

    def run(self, name: str) -> wire.RunView:
        """A run by its id, its start or its end."""
        found = [run for run in self.runs.values() if run.id == name or run.id.endswith(name)]
        if len(found) != 1:
            raise Refusal(404, f"no run {name!r}", hint="`strop runs list` shows the runs there are.")
        return found[0]

    def change_run(self, run_id: str, **changes: Any) -> wire.RunView:
        """The run as it is from now on."""
        self.runs[run_id] = self.runs[run_id].model_copy(update=changes)
        return self.runs[run_id]

    def new_run(self, run_id: str, **changes: Any) -> wire.RunView:
        """A run begins."""
        run = builders.run_view(
            1,
            id=run_id,
            started_at=builders.NOW,
            status="running",
            ended_at=None,
            seconds=None,
            output=None,
            **changes,
        )
        self.runs = {run_id: run, **self.runs}
        self.fact(run_id, "run_started", agent=run.agent, bundle=run.bundle, input=run.input, origin="user")
        return run

    def bundle(self, name: str) -> wire.BundleView:
        """A version by its digest or its first characters."""
        for digest, bundle in self.bundles.items():
            if name and digest.removeprefix("sha256:").startswith(name.removeprefix("sha256:")):
                return bundle
        raise Refusal(404, f"no version {name!r}")

    def make_live(self, digest: str, agent: str) -> None:
        """The pointer moves."""
        for one in self.bundles.values():
            if one.agent == agent and one.live:
                self.bundles[one.digest] = one.model_copy(update={"live": False, "state": "retired"})
        self.bundles[digest] = self.bundles[digest].model_copy(update={"live": True, "state": "live"})
        self.live = digest


def application(world: World, closing: threading.Event) -> Starlette:
    """The routes over a world."""
    return Starlette(
        routes=[
            *_reading(world),
            *_writing(world),
            *_streams(world, closing),
            *fake_waiting.routes(world, _answer, Refusal),
            *fake_figures.routes(world, _answer),
            *fake_queues.routes(world, _answer, Refusal),
            *fake_plays.routes(world, _answer, Refusal),
        ],
        exception_handlers={Refusal: _refused},
        middleware=[Middleware(Moods, world=world)],
    )


def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)
    return Response(
        error.problem.model_dump_json(), status_code=error.problem.status, media_type="application/problem+json"
    )


def _answer(value: Any) -> JSONResponse:
    if isinstance(value, list):
        return JSONResponse([one.model_dump(mode="json") for one in value])
    return JSONResponse(value.model_dump(mode="json"))


def _detail(world: World, run: wire.RunView) -> wire.RunDetail:
    children = [one for one in world.runs.values() if one.parent_run_id == run.id]
    answer = {"team": "harbour", "reply": "We are on our way."} if run.status == "finished" else None
    return wire.RunDetail(run=run, answer=answer, children=children)


def _start(found: list[wire.RunView], place: Mapping[str, str], limit: int) -> int:
    """Where the page that is asked for begins."""
    ids = [run.id for run in found]
    if "after" in place:
        return ids.index(place["after"]) + 1
    if "before" in place:
        return max(ids.index(place["before"]) - limit, 0)
    if "at" in place:
        until = datetime.fromisoformat(place["at"])
        return next((at for at, run in enumerate(found) if run.started_at <= until), len(found))
    return max(len(found) - limit, 0) if "oldest" in place else 0


def _reading(world: World) -> list[Route]:
    async def about(request: Request) -> Response:
        return _answer(world.about.model_copy(update={"last_event_id": len(world.facts.all)}))

    async def me(request: Request) -> Response:
        return _answer(world.me)

    async def agents(request: Request) -> Response:
        waiting = sum(one.bundle.state == "proposed" for one in world.proposals.values())
        found = builders.agents(world.live)
        return _answer([one.model_copy(update={"proposals": waiting if one.name == "desk" else 0}) for one in found])

    async def decisions(request: Request) -> Response:
        return _answer(world.facts.of(f"decisions_{request.path_params['agent']}"))

    async def runs(request: Request) -> Response:
        q = request.query_params.get("q", "")
        found = sorted(world.runs.values(), key=lambda run: (run.started_at, run.id), reverse=True)
        for word in q.split():
            field, _, wanted = word.partition(":")
            if field not in {"agent", "status"}:
                raise Refusal(422, "the request is wrong", f"unknown field {field!r}", position=q.index(word) + 1)
            found = [run for run in found if getattr(run, field) in wanted.split(",")]
        limit = int(request.query_params.get("limit", 50))
        start = _start(found, request.query_params, limit)
        page = found[start : start + limit]
        older = page[-1].id if start + limit < len(found) else None
        newer = page[0].id if start and page else None
        return _answer(wire.RunPage(items=page, after=older, before=newer))

    async def run(request: Request) -> Response:
        return _answer(_detail(world, world.run(request.path_params["id"])))

    async def events(request: Request) -> Response:
        after = int(request.query_params.get("after", 0))
        found = [fact for fact in world.facts.of(world.run(request.path_params["id"]).id) if fact.seq > after]
        return _answer(wire.EventPage(items=found[: int(request.query_params.get("limit", 1000))]))

    async def bundles(request: Request) -> Response:
        return _answer(list(world.bundles.values()))

    async def bundle(request: Request) -> Response:
        return _answer(world.bundle(request.path_params["digest"]))

    async def diff(request: Request) -> Response:
        world.bundle(request.path_params["digest"])
        return _answer(builders.diff())

    async def proposals(request: Request) -> Response:
        return _answer([one for one in world.proposals.values() if one.bundle.state == "proposed"])

    async def proposal(request: Request) -> Response:
        return _answer(world.proposals[world.bundle(request.path_params["digest"]).digest])

    async def nights(request: Request) -> Response:
        return _answer(world.nights)

    async def night_events(request: Request) -> Response:
        after = int(request.query_params.get("after", 0))
        found = [fact for fact in world.facts.of(request.path_params["id"]) if fact.seq > after]
        return _answer(wire.EventPage(items=found[: int(request.query_params.get("limit", 1000))]))

    return [
        Route("/v1/about", about), Route("/v1/me", me), Route("/v1/agents", agents),
        Route("/v1/agents/{agent}/decisions", decisions),
        Route("/v1/runs", runs, methods=["GET"]),
        Route("/v1/runs/{id}", run), Route("/v1/runs/{id}/events", events), Route("/v1/bundles", bundles),
        Route("/v1/bundles/{digest}", bundle), Route("/v1/bundles/{digest}/diff", diff),
        Route("/v1/proposals", proposals), Route("/v1/proposals/{digest}", proposal), Route("/v1/nights", nights),
        Route("/v1/nights/{id}/events", night_events),
    ]  # fmt: skip


def _writing(world: World) -> list[Route]:
    async def body(request: Request, shape: type[Any], what: str) -> Any:
        value = shape.model_validate_json(await request.body())
        world.told.append((what, value))
        return value

    async def start(request: Request) -> Response:
        asked = await body(request, wire.StartRun, "start")
        return _answer(_detail(world, world.new_run("run_zz0000000001", agent=asked.agent, input=asked.input)))

    async def feedback(request: Request) -> Response:
        run = world.run(request.path_params["id"])
        given: wire.GiveFeedback = await body(request, wire.GiveFeedback, "feedback")
        said = {"feedback_id": f"fb_{run.events}", **given.model_dump(mode="json", exclude={"op", "by"})}
        world.fact(run.id, "feedback_given", **said, provenance={"by": "night-shift"})
        score = run.score if given.score is None else given.score
        return _answer(world.change_run(run.id, feedback=run.feedback + 1, score=score, events=run.events + 1))

    async def withdraw(request: Request) -> Response:
        run = world.run(request.path_params["id"])
        said: wire.WithdrawFeedback = await body(request, wire.WithdrawFeedback, "withdraw")
        world.fact(run.id, "feedback_withdrawn", feedback_id=said.feedback_id,
                   provenance={"by": "night-shift", "reason": said.reason})  # fmt: skip
        return _answer(world.change_run(run.id, feedback=run.feedback - 1, score=None, events=run.events + 1))

    async def cancel(request: Request) -> Response:
        run = world.run(request.path_params["id"])
        world.told.append(("cancel", run.id))
        return _answer(world.change_run(run.id, status="cancelled"))

    async def outcome(request: Request) -> Response:
        run = world.run(request.path_params["id"])
        said: wire.DecideOutcome = await body(request, wire.DecideOutcome, "outcome")
        world.fact(run.id, "outcome_decided", op=said.op, decision=said.decision, result=said.result,
                   provenance={"by": "night-shift", "reason": said.reason})  # fmt: skip
        return _answer(_detail(world, run))

    async def resume(request: Request) -> Response:
        run = world.run(request.path_params["id"])
        world.told.append(("resume", run.id))
        world.fact(run.id, "run_finished", output={"team": "harbour"}, seconds=9.0)
        return _answer(_detail(world, world.change_run(run.id, status="finished")))

    async def decide(request: Request) -> Response:
        proposal = world.proposals[world.bundle(request.path_params["digest"]).digest]
        said: wire.Decide = await body(request, wire.Decide, "decide")
        if said.incumbent != world.live:
            raise Refusal(409, "the live version has changed", f"now {world.live[7:19]}", "Read the review again.")
        if said.decision == "approve":
            world.make_live(proposal.bundle.digest, proposal.bundle.agent)
        else:
            digest = proposal.bundle.digest
            world.bundles[digest] = world.bundles[digest].model_copy(update={"state": "rejected"})
        changed = proposal.model_copy(update={"bundle": world.bundles[proposal.bundle.digest]})
        world.proposals[proposal.bundle.digest] = changed
        world.fact("agent:desk", "decision_made", agent="desk", bundle=proposal.bundle.digest, to_state=said.decision)
        return _answer(changed)

    async def roll_back(request: Request) -> Response:
        said: wire.RollBack = await body(request, wire.RollBack, "rollback")
        if said.live != world.live:
            raise Refusal(409, "the live version has changed", f"now {world.live[7:19]}", "Look again.")
        target = said.to or builders.OLD
        world.make_live(target, request.path_params["agent"])
        world.fact("agent:desk", "decision_made", agent="desk", bundle=target, to_state="live")
        return _answer(world.bundles[target])

    return [
        Route("/v1/runs", start, methods=["POST"]),
        Route("/v1/runs/{id}/feedback", feedback, methods=["POST"]),
        Route("/v1/runs/{id}/feedback/withdraw", withdraw, methods=["POST"]),
        Route("/v1/runs/{id}/cancel", cancel, methods=["POST"]),
        Route("/v1/runs/{id}/outcome", outcome, methods=["POST"]),
        Route("/v1/runs/{id}/resume", resume, methods=["POST"]),
        Route("/v1/proposals/{digest}/decision", decide, methods=["POST"]),
        Route("/v1/agents/{agent}/rollback", roll_back, methods=["POST"]),
    ]


def _streams(world: World, closing: threading.Event) -> list[Route]:
    def sse(pieces: AsyncIterator[str]) -> Response:
        return StreamingResponse(pieces, media_type="text/event-stream")

    def last_id(request: Request) -> int:
        return int(request.headers.get("last-event-id") or request.query_params.get("after") or 0)

    async def feed(request: Request) -> Response:
        return sse(_facts(world, closing, last_id(request), None))

    async def stream(request: Request) -> Response:
        return sse(_facts(world, closing, last_id(request), world.run(request.path_params["id"]).id))

    return [Route("/v1/feed", feed), Route("/v1/runs/{id}/stream", stream)]


async def _facts(world: World, closing: threading.Event, last: int, run_id: str | None) -> AsyncIterator[str]:
    yield ": hello\n\n"
    while not closing.is_set():
        # Seen before the facts are read: a run that ends while they are sent has its last fact sent too.
        ended = run_id is not None and world.runs[run_id].status not in {"running", "waiting"}
        for fact in world.facts.all[last:]:
            last = fact.id
            if run_id in {None, fact.stream}:
                yield f"id: {fact.id}\nevent: fact\ndata: {fact.model_dump_json()}\n\n"
        for delta in world.deltas.pop(run_id, []) if run_id else []:
            yield f"event: delta\ndata: {delta.model_dump_json()}\n\n"
        if ended:
            yield "event: end\ndata: {}\n\n"
            return
        await asyncio.sleep(0.02)


class Service:
    """A world served on a Unix socket; `stop` and `start` as often as one likes."""

    def __init__(self, socket: str, world: World | None = None) -> None:
        self.socket, self.world = socket, world or World()
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None
        self._closing = threading.Event()

    def start(self) -> "Service":
        """Serve; back when it answers."""
        self._closing = threading.Event()
        config = uvicorn.Config(
            application(self.world, self._closing), uds=self.socket, log_level="error", lifespan="off",
            timeout_graceful_shutdown=1,
        )  # fmt: skip
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        while not self._server.started:
            if not self._thread.is_alive():
                raise RuntimeError("the fake service did not start")
            time.sleep(0.005)
        return self

    def stop(self) -> None:
        """Stop; open streams break off."""
        self._closing.set()
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            self._thread.join(timeout=10)
            self._server = None


@contextmanager
def serving(socket: str, world: World | None = None) -> Iterator[Service]:
    """A service for the length of a block."""
    service = Service(socket, world).start()
    try:
        yield service
    finally:
        service.stop()


def _live_run(world: World, number: int) -> None:
    run = world.new_run(f"run_live{number:08d}")
    time.sleep(1)
    for word in builders.INPUTS[0].split() * 4:
        world.deltas.setdefault(run.id, []).append(wire.DeltaView(run_id=run.id, kind="thinking", text=word + " "))
        time.sleep(0.15)
    world.fact(run.id, "model_replied", step=1, **builders.reply(builders.thought("Done thinking."), seconds=4.2))
    world.fact(run.id, "run_finished", output={"team": "harbour"}, seconds=5.0)
    world.change_run(run.id, status="finished", seconds=5.0, output="harbour", ended_at=builders.NOW)


if __name__ == "__main__":
    import sys

    shown = Service(sys.argv[1]).start()
    for turn in range(10_000):
        time.sleep(3)
        if "--live" in sys.argv:
            _live_run(shown.world, turn)
