"""The playground: one input through several versions and models, side by side; nothing in the world changes."""

import asyncio

from fastapi import APIRouter

from agents.playground import Play, Side, begin_play, get_play, list_plays
from agents.prompts.store import get_bundle, match_bundle
from agents.service.control import check_room
from agents.service.deps import IdempotencyKey, Limit, Name, Parts, Service
from agents.service.plays import play_views
from agents.service.wire.playground import PlayView, StartPlay
from traces.errors import NotFound
from traces.ids import digest_text, short
from traces.store import get_run, match_run

router = APIRouter(prefix="/v1/playground", tags=["playground"])


@router.get("")
def list_all(parts: Parts, limit: Limit = 50) -> list[PlayView]:
    """Plays, newest first."""
    with parts.database.reading() as session:
        return play_views(session, [one for one in list_plays(session, limit=limit) if _is_seen(parts, one)])


@router.post("", status_code=202)
async def start(parts: Parts, asked: StartPlay, key: IdempotencyKey = None) -> PlayView:
    """Ask several at once. The runs are on record when this answers; the same key gives the same play."""
    check_room(parts)
    await asyncio.to_thread(_check_agents, parts, asked)
    play_id = None if key is None else f"play_{short(digest_text(key))}{short(digest_text(f'play {key}'))}"
    runs = await asyncio.to_thread(
        begin_play, parts.runtime, [Side(**side.model_dump()) for side in asked.sides], parts.person(asked.by),
        input=asked.input, replay_of=asked.replay_of, tools=asked.tools, play_id=play_id,
    )  # fmt: skip
    for run_id in runs:
        parts.work.begin(run_id)
    return await asyncio.to_thread(_view, parts, runs[0])


@router.get("/{play}")
def get(parts: Parts, play: Name) -> PlayView:
    """One play as it stands."""
    with parts.database.reading() as session:
        found = get_play(session, play)
        if not _is_seen(parts, found):
            raise NotFound("play", play, hint="GET /v1/playground lists them.")
        return play_views(session, [found])[0]


def _view(parts: Service, run_id: str) -> PlayView:
    with parts.database.reading() as session:
        return play_views(session, [get_play(session, get_run(session, run_id).conversation_id)])[0]


def _check_agents(parts: Service, asked: StartPlay) -> None:
    """Whose versions are tried, and whose recording answers, must be the caller's to see."""
    with parts.database.reading() as session:
        agents = [
            get_bundle(session, match_bundle(session, side.bundle)).bundle.agent if side.bundle else side.agent
            for side in asked.sides
        ]
        if asked.replay_of is not None:
            agents.append(get_run(session, match_run(session, asked.replay_of)).agent)
    for agent in agents:
        parts.need_agent(agent, "POST /v1/playground")


def _is_seen(parts: Service, play: Play) -> bool:
    return all(parts.caller.sees(run.agent) for run in play.runs)
