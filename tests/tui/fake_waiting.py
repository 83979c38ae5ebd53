"""What waits for a person, in the fixed world: the list, held calls, and decisions on them."""

from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from agents.service import wire
from tests.tui import builders

if TYPE_CHECKING:
    from tests.tui.fake_service import World


def routes(world: "World", answer: Any, refusal: type[Exception]) -> list[Route]:
    """The routes over a world; `answer` makes a response, `refusal` an error."""

    def found(request: Request) -> wire.ApprovalView:
        one = world.held.get(request.path_params["id"])
        if one is None:
            raise refusal(404, f"no held call {request.path_params['id']!r}")
        return one

    async def waiting(request: Request) -> Response:
        return answer(sorted(_waiting(world), key=lambda one: one.since))

    async def approvals(request: Request) -> Response:
        return answer([one for one in world.held.values() if one.state == "pending"])

    async def approval(request: Request) -> Response:
        return answer(found(request))

    async def context(request: Request) -> Response:
        found(request)
        return answer(builders.context())

    async def decide(request: Request) -> Response:
        one = found(request)
        said = wire.DecideApproval.model_validate_json(await request.body())
        if one.state != "pending":
            raise refusal(409, "that is not possible now", f"call {one.id} was {one.state} by {one.by}", "Once only.")
        world.told.append(("approval", said))
        return answer(decided(world, one.id, said))

    async def question(request: Request) -> Response:
        return answer(world.question)

    async def answer_question(request: Request) -> Response:
        given = wire.AnswerQuestion.model_validate_json(await request.body())
        world.told.append(("answer", given))
        state = {"accept": "accepted", "decline": "declined", "cancel": "cancelled"}[given.action]
        changes = {"state": state, "content": given.content, "by": "night-shift", "said": given.reason}
        world.question = world.question.model_copy(update=changes)
        return answer(world.question)

    return [
        Route("/v1/questions/{id}", question), Route("/v1/questions/{id}/answer", answer_question, methods=["POST"]),
        Route("/v1/waiting", waiting), Route("/v1/approvals", approvals), Route("/v1/approvals/{id}", approval),
        Route("/v1/approvals/{id}/context", context),
        Route("/v1/approvals/{id}/decision", decide, methods=["POST"]),
    ]  # fmt: skip


def decided(
    world: "World", approval_id: str, said: wire.DecideApproval, by: str = "night-shift"
) -> wire.ApprovalView:
    """The call as it is after the decision; its run goes on."""
    state = {"approve": "approved", "deny": "denied"}[said.decision]
    changes = {"state": state, "by": by, "said": said.reason, "sent": said.arguments, "decided_at": builders.NOW}
    one = world.held[approval_id] = world.held[approval_id].model_copy(update=changes)
    world.fact(one.run_id, "approval_decided", op="approval/1", decision=said.decision, digest=one.digest,
               arguments=said.arguments, provenance={"by": by, "reason": said.reason})  # fmt: skip
    world.change_run(one.run_id, status="running")
    return one


def _waiting(world: "World") -> list[wire.WaitingView]:
    found = [
        wire.WaitingView(
            kind="call", id=one.id, agent=one.agent, since=one.asked_at or builders.NOW, expires_at=one.expires_at,
            told=f"insurer.pay_claim {one.arguments}", run_id=one.run_id, digest=one.digest,
        )
        for one in world.held.values() if one.state == "pending"
    ]  # fmt: skip
    found += [
        wire.WaitingView(
            kind="outcome", id=run.id, agent=run.agent, since=run.started_at, run_id=run.id,
            told="insurer.pay_claim {'claim': 'CL-7', 'amount': 1240}",
        )
        for run in world.runs.values() if run.status == "waiting" and f"{run.id}:1" not in world.held
    ]  # fmt: skip
    found += [
        wire.WaitingView(
            kind="proposal", id=one.bundle.digest, agent=one.bundle.agent, since=one.bundle.created_at,
            told=one.bundle.note,
        )
        for one in world.proposals.values() if world.bundles[one.bundle.digest].state == "proposed"
    ]  # fmt: skip
    return found
