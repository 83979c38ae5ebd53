"""The playground of the fixed world: one play of three sides; one can begin another."""

from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from agents.service.wire.playground import PlayView, SideView, StartPlay
from tests.tui import builders

if TYPE_CHECKING:
    from tests.tui.fake_service import World

PLAYED = (1, 2, 4)
"""Numbers of the runs that stand for the sides of the first play."""


def play(world: "World", name: str, asked: StartPlay | None = None) -> PlayView:
    """A play whose sides are runs of the world, as those stand now."""
    models = ("local:qwen2.5-coder-1.5b", "openai:gpt-5-mini", "local:qwen2.5-coder-1.5b")
    sides = [
        SideView(
            run=world.runs[builders.run_view(number).id].model_copy(update={"origin": "playground"}),
            model=models[at], note=("", "the same on openai:gpt-5-mini, for the playground", "")[at], live=at == 0,
            answer={"team": "harbour"},
        )
        for at, number in enumerate(PLAYED)
    ]  # fmt: skip
    costs = [side.run.cost for side in sides if side.run.cost is not None]
    return PlayView(
        id=name, input=asked.input if asked else builders.INPUTS[0], tools=asked.tools if asked else "read",
        replay_of=asked.replay_of if asked else None, by="night-shift", started_at=builders.NOW,
        cost=sum(costs) if costs else None, sides=sides[: len(asked.sides)] if asked else sides,
    )  # fmt: skip


def routes(world: "World", answer: Any, refusal: type[Exception]) -> list[Route]:
    """The routes over a world; `answer` makes a response, `refusal` an error."""

    async def every(request: Request) -> Response:
        return answer([play(world, name, asked) for name, asked in world.plays.items()])

    async def one(request: Request) -> Response:
        name = request.path_params["id"]
        if name not in world.plays:
            raise refusal(404, f"no play {name!r}")
        return answer(play(world, name, world.plays[name]))

    async def start(request: Request) -> Response:
        asked = StartPlay.model_validate_json(await request.body())
        world.told.append(("play", asked))
        world.plays = {"play_2": asked, **world.plays}
        return JSONResponse(play(world, "play_2", asked).model_dump(mode="json"), 202)

    return [
        Route("/v1/playground", every, methods=["GET"]), Route("/v1/playground", start, methods=["POST"]),
        Route("/v1/playground/{id}", one),
    ]  # fmt: skip
