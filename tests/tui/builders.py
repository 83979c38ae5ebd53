"""A small, fixed world for the terminal's tests: the same runs, versions and nights at the same moments, always."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from agents.service import wire

NOW = datetime(2026, 3, 12, 9, 30, 0, tzinfo=UTC)
LIVE = "sha256:" + "11aa" * 16
BETTER = "sha256:" + "22bb" * 16
OLD = "sha256:" + "00cc" * 16
CLAIMS = "sha256:" + "33dd" * 16
INPUTS = (
    "My cellar is under water since last night, who do I call?",
    "I was hit at a crossing, the other driver left. What now?",
    "Can you change the payment date to the 5th?",
    "Der Hagel hat mein Dach beschädigt. Was zahlt ihr?",
    "我的车被撞了 - 请问该怎么办",
    "You denied my claim and I want to know why, this is the third time I write",
)


def digest(seed: int) -> str:
    """A made-up digest."""
    return f"sha256:{seed:064x}"


def run_view(number: int, **changes: Any) -> wire.RunView:
    """Run `number`, counted back from the newest."""
    status = ("finished", "finished", "failed", "finished", "finished")[number % 5]
    started = NOW - timedelta(seconds=20 + 95 * number)
    fields: dict[str, Any] = {
        "id": f"run_{99_999 - number:012d}",
        "agent": "desk" if number % 3 else "claims",
        "bundle": LIVE if number % 3 else CLAIMS,
        "conversation_id": f"conv_{number // 2:04d}",
        "status": status,
        "started_at": started,
        "ended_at": started + timedelta(seconds=3.25 + number % 7),
        "seconds": 3.25 + number % 7,
        "steps": 2 + number % 4,
        "tool_calls": number % 4,
        "input_tokens": 812 + 130 * number,
        "output_tokens": 96 + number,
        "cost": None if number % 2 else 0.0012 * (number + 1),
        "feedback": 1 if number % 4 == 0 else 0,
        "score": (0.0 if number % 8 else 1.0) if number % 4 == 0 else None,
        "error": "LimitReached: 8 steps and no answer" if status == "failed" else None,
        "input": INPUTS[number % len(INPUTS)],
        "output": '{"team": "harbour"}' if status == "finished" else None,
        "events": 12,
    }
    return wire.RunView(**{**fields, **changes})


class Facts:
    """Writes the facts of streams with ids that rise over all of them."""

    def __init__(self) -> None:
        self.all: list[wire.EventView] = []

    def of(self, stream: str) -> list[wire.EventView]:
        """The stream's facts in order."""
        return [fact for fact in self.all if fact.stream == stream]

    def add(self, stream: str, kind: str, at: datetime, **data: Any) -> wire.EventView:
        """One more fact; `step`, `op`, `attempt` may be among the data."""
        place = {name: data.pop(name, None) for name in ("step", "op", "attempt")}
        fact = wire.EventView(
            id=len(self.all) + 1, stream=stream, seq=len(self.of(stream)) + 1, kind=kind, at=at, data=data, **place
        )
        self.all.append(fact)
        return fact


def reply(*parts: dict[str, Any], seconds: float = 1.2) -> dict[str, Any]:
    """The data of a model's reply."""
    return {
        "model": "local:qwen2.5-coder-1.5b-instruct", "response": {"parts": list(parts), "kind": "response"},
        "input_tokens": 812, "output_tokens": 96, "cached_tokens": 640, "cost": 0.0012, "seconds": seconds,
    }  # fmt: skip


def call(tool: str, call_id: str, **arguments: Any) -> dict[str, Any]:
    """A tool call as a part of a reply."""
    return {"part_kind": "tool-call", "tool_name": tool, "args": arguments, "tool_call_id": call_id}


def thought(text: str) -> dict[str, Any]:
    """Reasoning as a part of a reply."""
    return {"part_kind": "thinking", "content": text}


def write_run(facts: Facts, run: wire.RunView, *, child: str | None = None) -> None:
    """The facts of a run that looks something up, errs once, and ends as its view says."""

    def put(kind: str, **data: Any) -> None:
        facts.add(run.id, kind, run.started_at, **data)

    told = "You are the front desk.\nRoute each message."
    why = "The customer writes about water in the cellar. I have to find the policy first: deductibles differ."
    policy = {
        "policy": "P-2231", "kind": "home", "deductible": 300, "covers": ["fire", "burst pipe", "storm"],
        "excludes": ["flood from outside"], "valid_until": "2026-12-31",
    }  # fmt: skip
    again = {"part_kind": "retry-prompt", "content": "team must be one of harbour, lantern"}
    put("run_started", agent=run.agent, bundle=run.bundle, input=run.input, origin=run.origin)
    put("tools_listed", server="insurer", tools=[{"name": "find_policy"}, {"name": "pay_claim"}])
    put("model_requested", step=1, model="m", instructions=told)
    put("model_replied", step=1, **reply(thought(why), call("find_policy", "c1", customer="C-118")))
    put("tool_called", step=1, op="s1.c1", call_id="c1", **sent("find_policy", "read", customer="C-118"))
    put("tool_returned", step=1, op="s1.c1", tool="find_policy", result=policy, size=1312, seconds=0.04)
    put("model_requested", step=2, model="m", instructions=told, messages=[{"parts": [again]}])
    if child:
        put("run_delegated", step=2, op="s2.c2", agent="claims", child_run_id=child)
    _write_end(facts, run)


def sent(tool: str, effect: str, **arguments: Any) -> dict[str, Any]:
    """The data of a call that was sent."""
    return {"tool": tool, "server": "insurer", "effect": effect, "arguments": arguments, "idempotency_key": "k"}


def _write_end(facts: Facts, run: wire.RunView) -> None:
    def put(kind: str, **data: Any) -> None:
        facts.add(run.id, kind, run.ended_at or run.started_at, **data)

    one = next((held(number) for number in HELD if run_view(number).id == run.id), None)
    if run.status == "waiting" and one is not None:
        put("model_replied", step=2, **reply(thought(context().before), call("pay_claim", "c9", **one.arguments)))
        put(
            "approval_requested",
            step=2,
            op="approval/1",
            tool=one.tool,
            server=one.server,
            call_id="c9",
            arguments=one.arguments,
            digest=one.digest,
            reason=one.reason,
            expires_at=one.expires_at.isoformat(),
        )
        put("run_waited", reason="approval", ops=["approval/1"], message=f"run {run.id} waits until it is allowed.")
    elif run.status == "waiting":
        paid = {"claim": "CL-7", "amount": 1240}
        put("model_replied", step=2, **reply(call("pay_claim", "c9", **paid)))
        put("tool_called", step=2, op="s2.c9", call_id="c9", **sent("pay_claim", "write", **paid))
        put("run_waited", reason="outcome_unknown", ops=["s2.c9"], message="The worker died during pay_claim.")
    elif run.status == "failed":
        put("tool_failed", step=2, tool="find_policy", error="BrokenPipe", message="the server died", sent=True)
        told = {"message": "8 steps and no answer", "hint": "Raise limits.steps."}
        put("run_failed", error="LimitReached", seconds=run.seconds, **told)
    elif run.status == "finished":
        put("model_replied", step=2, **reply(thought("Burst pipe."), call("final_result", "c3", team="harbour")))
        put("run_finished", output={"team": "harbour", "reply": "We are on our way."}, seconds=run.seconds)
    if run.feedback:
        judged = {"score": run.score, "label": "wrong team", "correction": {"team": "lantern"}}
        who = {"by": "m.keller", "actor": "person", "reason": ""}
        put("feedback_given", feedback_id="fb_1", comment="It is lantern.", tier="reviewer", provenance=who, **judged)


def bundles() -> list[wire.BundleView]:
    """Four versions of two agents, newest first."""
    made = [
        ("desk", BETTER, "proposed", False, LIVE, "optimizer", "machine", "rules from 14 corrections", 0),
        ("desk", LIVE, "live", True, OLD, "m.keller", "person", "teams by their house names", 1204),
        ("desk", OLD, "retired", False, None, "definition", "file", "first", 86),
        ("claims", CLAIMS, "live", True, None, "definition", "file", "first", 310),
    ]
    return [
        wire.BundleView(
            agent=agent, digest=digest_, state=state, live=live, parent=parent, author=author, author_kind=kind,
            note=note, runs=runs, created_at=NOW - timedelta(hours=3 + 20 * at),
            readable="You are the front desk.\nRoute each message to one of the teams.\n\nmodel: local:qwen2.5\n",
        )
        for at, (agent, digest_, state, live, parent, author, kind, note, runs) in enumerate(made)
    ]  # fmt: skip


def agents(live: str = LIVE) -> list[wire.AgentView]:
    """Two agents."""
    return [
        wire.AgentView(name="desk", description="reads and routes", model="local:qwen2.5-coder-1.5b", live=live,
                       live_source="decision", tools=["find_policy"], delegates=["claims"], proposals=1),
        wire.AgentView(name="claims", model="local:qwen2.5-coder-1.5b", live=CLAIMS, live_source="definition"),
    ]  # fmt: skip


def me(role: Any) -> wire.MeView:
    """Somebody with this role."""
    permissions = {
        "viewer": ["read"], "operator": ["read", "run", "judge", "operate", "propose", "roll_back"],
        "approver": ["read", "run", "judge", "operate", "propose", "roll_back", "decide"],
    }  # fmt: skip
    return wire.MeView(name="night-shift", role=role, permissions=permissions[role], source="token")


def question() -> wire.QuestionView:
    """A tool server that wants to know something."""
    fields = {"garage": {"type": "string"}, "express": {"type": "boolean", "default": False}}
    form = {"type": "object", "required": ["garage"], "properties": fields}
    return wire.QuestionView(
        id=f"{run_view(12).id}:1", run_id=run_view(12).id, agent="claims", conversation_id="conv_0006",
        state="pending", tool="order_tow", server="towing", message="Which garage shall it go to?", form=form,
        asked_at=NOW - timedelta(minutes=3), expires_at=NOW + timedelta(hours=1),
    )  # fmt: skip


def evidence() -> dict[str, Any]:
    """What the gate found, as it writes it."""

    def row(n: int, before: float, after: float, low: float, high: float, **more: Any) -> dict[str, Any]:
        return {"n": n, "n_clusters": n // 3, "before": before, "after": after, "delta": after - before,
                "interval": {"low": low, "high": high, "level": 0.95}, **more}  # fmt: skip

    return row(
        96, 0.21, 0.47, 0.16, 0.36, metric="fields", verdict="better", gained=28, lost=3, mcnemar_p=2.1e-6,
        clustered_p=0.0004,
        reasons=["the interval lies above zero by more than the noise of the agent against itself",
                 "no stratum is worse than the margin of 5 points"],
        strata=[row(60, 0.25, 0.5, 0.12, 0.38, name="no-write", standing="non-inferior"),
                row(36, 0.14, 0.42, -0.02, 0.51, name="write", standing="not shown")],
        guards=[row(96, 0.01, 0.01, -0.02, 0.02, name="leak", standing="held")],
        ratios=[{"name": "tokens", "before": 3868.0, "after": 2105.0, "ratio": 0.54, "limit": 1.5, "within": True}],
        sequential={"e_value": 812.0}, power={"minimum_detectable": 0.11}, noise={"disagreement": 0.08},
        replay={"attempted": 192, "diverged": 4}, baselines=[{"name": "hand-over", "score": 0.1}],
    )  # fmt: skip


def flip(number: int, run: str | None = None, run_after: str | None = None) -> wire.FlipView:
    """One example on which the two versions disagree."""
    return wire.FlipView(
        example=f"ex_{number:03d}", input=INPUTS[number % len(INPUTS)], expected={"team": "harbour"},
        before={"team": "lantern"}, after={"team": "harbour"}, run_before=run, run_after=run_after or run,
    )  # fmt: skip


def proposal() -> wire.ProposalView:
    """A better version of the desk."""
    worse = flip(7, run_view(1).id, run_view(2).id).model_copy(
        update={"before": {"team": "harbour"}, "after": {"team": "anvil"}}
    )
    return wire.ProposalView(
        bundle=bundles()[0], incumbent=LIVE, verdict="better", evidence_digest=digest(77), evidence=evidence(),
        summary="21% to 47%", got_better=[flip(at, run_view(1).id) for at in range(4)], got_worse=[worse],
    )  # fmt: skip


def diff() -> list[wire.DiffLineView]:
    """What the proposal changes."""
    same = [wire.DiffLineView(runs=[("same", f"Line {at} of the instructions stays as it is.")]) for at in range(6)]
    swapped: list[Any] = [
        ("same", "Route each message to "), ("removed", "the best team"),
        ("added", "one of: harbour, lantern, anvil"),
        ("same", ", and say why in one sentence that the customer would understand."),
    ]  # fmt: skip
    rule = "- Water that comes from a pipe is harbour; water that comes from outside is lantern."
    return [
        *same, wire.DiffLineView(runs=swapped), wire.DiffLineView(runs=[("added", rule)]), *same,
        wire.DiffLineView(runs=[("removed", "Answer in a friendly tone.")]),
    ]  # fmt: skip


def nights() -> list[wire.NightView]:
    """One that runs, one that proposed, one honest no."""
    began = NOW - timedelta(minutes=11)
    return [
        wire.NightView(id="night_3", agent="claims", incumbent=CLAIMS, started_at=began, stage="search",
                       message="12 of 40 tries", rollouts=12),
        wire.NightView(id="night_2", agent="desk", incumbent=LIVE, started_at=began - timedelta(hours=7),
                       rollouts=640, ended_at=began - timedelta(hours=6), stage="proposed", verdict="better",
                       proposal=BETTER, reasons=["28 examples gained, 3 lost; the interval lies above zero"]),
        wire.NightView(id="night_1", agent="desk", incumbent=OLD, started_at=began - timedelta(hours=31),
                       rollouts=320, ended_at=began - timedelta(hours=30), stage="prove", verdict="no improvement",
                       reasons=["the interval of the change holds zero"]),
    ]  # fmt: skip


CAPS = {"rollouts": 800, "tokens": None, "dollars": 5.0, "minutes": 90.0}
STANDINGS = [
    {"bundle": BETTER, "strategy": "corrections", "note": "14 rules", "n": 24, "before": 0.25, "after": 0.5,
     "tokens": 900.0, "seconds": 2.1, "front": True},
    {"bundle": digest(5), "strategy": "demonstrations", "note": "8 examples", "n": 24, "before": 0.25, "after": 0.46,
     "tokens": 1400.0, "seconds": 3.3, "front": False},
    {"bundle": LIVE, "strategy": "incumbent", "note": "", "n": 24, "before": 0.25, "after": 0.25, "tokens": 700.0,
     "seconds": 1.9, "front": True},
]  # fmt: skip


def write_night(facts: Facts, night: wire.NightView) -> None:
    """The facts of a night."""

    def put(kind: str, at: datetime, **data: Any) -> None:
        facts.add(night.id, kind, at, **data)

    at = night.started_at
    put("night_started", at, agent=night.agent, incumbent=night.incumbent, settings={"settings": CAPS})
    put("stage_reached", at, stage="mined", message="240 runs, 86 judged", facts={"examples": 86, "families": 22})
    put("stage_reached", at, stage="noise", message="the same version differs from itself on 8.0%", facts={})
    put("candidate_found", at, bundle=BETTER, strategy="corrections", note="14 rules")
    tries = [(night.incumbent, 0.0), (BETTER, 1.0), (BETTER, 1.0), (night.incumbent, 1.0)]
    for number, (bundle, score) in enumerate(tries):
        put("rollout_scored", at, bundle=bundle, example=f"ex_{number}", replica=0, pool="select", score=score)
    if night.ended_at:
        put("stage_reached", at, stage="race", message="three candidates", facts={"standings": STANDINGS})
        put("sealed_opened", night.ended_at, bundle=BETTER, opening=1, examples=96)
        put("night_ended", night.ended_at, verdict=night.verdict, reasons=night.reasons, proposal=night.proposal,
            facts={"rollouts": night.rollouts, "tokens": 2_410_000, "dollars": 4.4, "seconds": 3600.0})  # fmt: skip


def world(runs: int = 60) -> Iterator[wire.RunView]:
    """The runs, newest first: one waits, one handed work over, the rest vary."""
    waits: dict[str, Any] = {
        "status": "waiting", "ended_at": None, "seconds": None, "output": None, "feedback": 0, "score": None,
        "error": None,
    }  # fmt: skip
    for number in range(runs):
        child = {"parent_run_id": run_view(1).id, "origin": "delegation"} if number == 3 else {}
        yield run_view(number, **(waits if number in {0, *HELD} else child))


HELD = {6: 3100, 9: 80}
"""Runs that wait until somebody allows a payment: number -> amount."""


def held(number: int) -> wire.ApprovalView:
    """The held call of run `number`."""
    run = run_view(number)
    return wire.ApprovalView(
        id=f"{run.id}:1", run_id=run.id, agent=run.agent, conversation_id=run.conversation_id, state="pending",
        tool="pay_claim", server="insurer", arguments=payment(HELD[number]), digest=digest(number),
        reason="payments above 1000 need a second pair of eyes", asked_at=run.started_at,
        expires_at=NOW + timedelta(hours=20 - number),
    )  # fmt: skip


def payment(amount: int) -> dict[str, Any]:
    """Arguments of a payment."""
    return {"claim": "CL-7", "amount": amount, "to": "garage" if amount > 1000 else "customer"}


def context() -> wire.ApprovalContext:
    """What came before a held call."""
    earlier = [
        wire.EarlierCall(run_id=run_view(20 + at).id, at=run_view(20 + at).started_at, arguments=arguments)
        for at, arguments in enumerate(payment(amount) for amount in (40, 310, 55, 120, 80, 60))
    ]
    told = "The invoice of the garage is in the claim. It asks for 3100 at once, so I pay the garage directly."
    return wire.ApprovalContext(input=INPUTS[0], before=told, earlier=earlier)
