"""Figures, rollouts and the audit of the fixed world."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from agents.service import wire
from agents.service.wire.audit import AuditDetail, AuditPage, AuditView
from tests.tui import builders

if TYPE_CHECKING:
    from tests.tui.fake_service import World


def figures(key: str, runs: int, **changes: Any) -> wire.FiguresView:
    """Figures of one group."""
    fields: dict[str, Any] = {
        "errors": runs // 20, "conversations": runs // 2 or 1, "steps": 3 * runs, "tool_calls": 2 * runs,
        "input_tokens": 900 * runs, "output_tokens": 90 * runs, "cost": 0.002 * runs, "cost_per_conversation": 0.004,
        "judged": runs // 2, "score": 0.8, "p50": 2.1, "p90": 4.2, "p99": 9.0,
    }  # fmt: skip
    return wire.FiguresView(key=key, runs=runs, **{**fields, **changes})


def stats(q: str, by: str) -> wire.StatsView:
    """The desk got worse since the window before; claims is as it was."""
    now = "until:" not in q
    groups = {
        "agent": [figures("desk", 400, score=0.62 if now else 0.81, errors=60 if now else 8), figures("claims", 120)],
        "bundle": [figures(builders.LIVE, 400, score=0.62 if now else 0.81), figures(builders.CLAIMS, 120)],
    }  # fmt: skip
    hours = [figures(f"2026-03-12T{hour:02d}:00Z", 10 + 7 * hour % 23, p90=2.0 + hour % 5) for hour in range(10)]
    return wire.StatsView(by=by, query=q, groups=groups.get(by, hours))


def rollout() -> wire.RolloutView:
    """A canary that does well so far."""
    arms = [
        wire.ArmView(bundle=name, conversations=n, counted=n - 4, means={"quality": quality})
        for name, n, quality in ((builders.BETTER, 64, 0.81), (builders.LIVE, 580, 0.74))
    ]
    return wire.RolloutView(
        id="rollout_1", agent="desk", mode="canary", state="running", share=0.1, exposure=400, exposed=64,
        candidate=arms[0], control=arms[1], difference=0.07, interval=(-0.02, 0.16), started_by="m.keller",
        tests=[wire.AlarmView(name="harm", metric="quality", alpha=0.03, z=-0.8, needed=2.9)],
        started_at=builders.NOW - timedelta(hours=5),
    )  # fmt: skip


def audit(number: int) -> AuditView:
    """One row."""
    kind, what = ("request_refused", "refused: roll back of desk") if number == 3 else ("decision_made", "live: 22bb")
    return AuditView(
        id=number, at=builders.NOW - timedelta(hours=9 - number), stream="agent:desk", seq=number, kind=kind,
        who="m.keller", actor="person", role="approver", agent="desk", bundle=builders.BETTER, what=what,
        why="fewer complaints",
    )  # fmt: skip


def routes(world: "World", answer: Any) -> list[Route]:
    """The routes over a world."""
    rollouts = {} if not world.runs else {"rollout_1": rollout()}

    async def get_stats(request: Request) -> Response:
        q, by = request.query_params.get("q", ""), request.query_params["by"]
        return answer(stats(q, by) if world.runs else wire.StatsView(by=by, query=q, groups=[]))

    async def list_rollouts(request: Request) -> Response:
        return answer(list(rollouts.values()))

    async def get_rollout(request: Request) -> Response:
        return answer(rollouts[request.path_params["id"]])

    async def end_rollout(request: Request) -> Response:
        said = wire.EndRollout.model_validate_json(await request.body())
        world.told.append(("rollout", said))
        name = request.path_params["id"]
        outcome = "promoted" if said.decision == "promote" else "stopped"
        rollouts[name] = rollouts[name].model_copy(update={"state": "ended", "outcome": outcome})
        return answer(rollouts[name])

    async def list_audit(request: Request) -> Response:
        rows = [audit(number) for number in (3, 2, 1)] if world.runs else []
        return answer(AuditPage(items=rows))

    async def get_audit(request: Request) -> Response:
        return answer(
            AuditDetail(row=audit(int(request.path_params["id"])), data={"reason": "x"}, sheet="21% to 47%")
        )

    return [
        Route("/v1/stats", get_stats), Route("/v1/rollouts", list_rollouts), Route("/v1/rollouts/{id}", get_rollout),
        Route("/v1/rollouts/{id}/decision", end_rollout, methods=["POST"]), Route("/v1/audit", list_audit),
        Route("/v1/audit/{id}", get_audit),
    ]  # fmt: skip
