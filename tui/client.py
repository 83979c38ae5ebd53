"""The one client of the service: HTTP and server-sent events, over TCP or a Unix socket.

The terminal and the commands use it alike, so that all a person can do here a script can do there. It speaks in the
shapes of `agents.service.wire` and raises one exception. Prevents: two front ends that disagree about the service.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar
from urllib.parse import quote
from uuid import uuid4

from agents.service import wire
from agents.service.wire.audit import AuditDetail, AuditPage
from agents.service.wire.playground import PlayView, StartPlay
from agents.service.wire.queues import CloseQueue, OpenQueue, QueueDetail, QueueTurn, QueueView
from tui.answers import ServiceError, answered, problem_of
from tui.http import load_httpx
from tui.sse import Message, Parser, wait_before

if TYPE_CHECKING:
    import httpx

T = TypeVar("T")
TIMEOUT: Final = 15.0
"""Seconds for an ordinary answer; a run that is waited for has no limit here."""
PAGE: Final = 1000
"""Facts asked for at a time."""
WAITING_SHOWN: Final = 200
"""What waits for a person that is asked for at once, the oldest first; where there is as much, there may be more."""
STREAM_SILENCE: Final = 60.0
"""Seconds without a byte (heartbeats count) after which a stream is taken for dead."""


@dataclass(frozen=True)
class Link:
    """How the stream stands: `live`; `lost`, with the next try's number and the seconds until then; `refused`."""

    state: Literal["live", "lost", "refused"]
    attempt: int = 0
    wait: float = 0.0
    why: str = ""


class Client:
    """Asks one service. Make it anywhere, use it in one event loop, close it.

    Args:
        url: base address, such as `http://127.0.0.1:8321`; with `socket` it only names the host in requests.
        socket: path of a Unix socket; wins over `url`.
        token: bearer token, sent with every request.
    """

    def __init__(self, url: str | None = None, socket: str | None = None, token: str | None = None) -> None:
        self.url = (url or "http://localhost").rstrip("/")
        self.socket, self._token = socket, token
        self._http: httpx.AsyncClient | None = None

    @property
    def where(self) -> str:
        """The service's place, for people."""
        return self.socket or self.url

    async def __aenter__(self) -> Client:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Drop all connections."""
        if self._http is not None:
            await self._http.aclose()
            self._http = None

    # --- reading ---------------------------------------------------------------------------

    async def about(self) -> wire.AboutView:
        """Who answers, and what this token may do."""
        return await self._get(wire.AboutView, "/v1/about")

    async def me(self) -> wire.MeView | None:
        """Who this terminal speaks for, and what that one may; None from a service that has no roles yet."""
        try:
            return await self._get(wire.MeView, "/v1/me")
        except ServiceError as error:
            if error.status != 404:
                raise
            return None

    async def agents(self) -> list[wire.AgentView]:
        """The agents of the workspace."""
        return await self._get(list[wire.AgentView], "/v1/agents")

    async def decisions(self, agent: str) -> list[wire.EventView]:
        """The agent's decision stream, oldest first."""
        return await self._get(list[wire.EventView], f"/v1/agents/{_part(agent)}/decisions")

    async def runs(
        self,
        q: str = "",
        *,
        after: str | None = None,
        before: str | None = None,
        at: datetime | None = None,
        oldest: bool = False,
        limit: int = 200,
    ) -> wire.RunPage:
        """One page of runs, newest first: the newest, or from one place on (`after`, `at`), or up to one."""
        place = {"after": after, "before": before, "at": at.isoformat() if at else None}
        return await self._get(wire.RunPage, "/v1/runs", q=q, **place, oldest="true" if oldest else None, limit=limit)

    async def stats(self, q: str, by: str, *, limit: int = 100) -> wire.StatsView:
        """Figures over the runs that a query means, by group."""
        return await self._get(wire.StatsView, "/v1/stats", q=q, by=by, limit=limit)

    async def waiting(self) -> list[wire.WaitingView]:
        """What waits for a person, oldest first, at most WAITING_SHOWN."""
        return await self._get(list[wire.WaitingView], "/v1/waiting", limit=WAITING_SHOWN)

    async def approval(self, approval_id: str) -> wire.ApprovalView:
        """One held call, decided or not, by RUN:NUMBER."""
        return await self._get(wire.ApprovalView, f"/v1/approvals/{_part(approval_id)}")

    async def approval_context(self, approval_id: str) -> wire.ApprovalContext:
        """What was asked and said before a held call, and the tool's earlier calls."""
        return await self._get(wire.ApprovalContext, f"/v1/approvals/{_part(approval_id)}/context")

    async def run(self, run_id: str) -> wire.RunDetail:
        """One run; an id, its start or its last characters."""
        return await self._get(wire.RunDetail, f"/v1/runs/{_part(run_id)}")

    async def events(self, run_id: str, *, after: int = 0) -> list[wire.EventView]:
        """The facts of a run from seq `after` + 1 on, in order."""
        return await self._facts(f"/v1/runs/{_part(run_id)}/events", after)

    async def event_page(self, run_id: str, *, after: int = 0, limit: int = PAGE) -> list[wire.EventView]:
        """Some facts of a run from seq `after` + 1 on, in order; fewer than `limit` are the last."""
        path = f"/v1/runs/{_part(run_id)}/events"
        return (await self._get(wire.EventPage, path, after=after, limit=limit)).items

    async def bundles(self, agent: str | None = None) -> list[wire.BundleView]:
        """Versions, newest first."""
        return await self._get(list[wire.BundleView], "/v1/bundles", agent=agent)

    async def bundle(self, digest: str) -> wire.BundleView:
        """One version."""
        return await self._get(wire.BundleView, f"/v1/bundles/{_part(digest)}")

    async def diff(self, digest: str, against: str | None = None) -> list[wire.DiffLineView]:
        """Word diff of a version against another, by default its parent."""
        return await self._get(list[wire.DiffLineView], f"/v1/bundles/{_part(digest)}/diff", against=against)

    async def proposals(self, agent: str | None = None) -> list[wire.ProposalView]:
        """What waits for a person's decision."""
        return await self._get(list[wire.ProposalView], "/v1/proposals", agent=agent)

    async def proposal(self, digest: str) -> wire.ProposalView:
        """One proposal with its evidence."""
        return await self._get(wire.ProposalView, f"/v1/proposals/{_part(digest)}")

    async def rollouts(self, agent: str | None = None) -> list[wire.RolloutView]:
        """Versions that meet or met real conversations, newest first."""
        return await self._get(list[wire.RolloutView], "/v1/rollouts", agent=agent)

    async def rollout(self, rollout_id: str) -> wire.RolloutView:
        """One rollout as it stands."""
        return await self._get(wire.RolloutView, f"/v1/rollouts/{_part(rollout_id)}")

    async def queues(self) -> list[QueueView]:
        """Queues of runs to be judged, newest first."""
        return await self._get(list[QueueView], "/v1/queues")

    async def queue(self, name: str) -> QueueDetail:
        """One queue, and how far its reviewers agree."""
        return await self._get(QueueDetail, f"/v1/queues/{_part(name)}")

    async def queue_turn(self, name: str, *, after: str | None = None) -> QueueTurn:
        """The next run of a queue that this terminal's person may judge."""
        return await self._get(QueueTurn, f"/v1/queues/{_part(name)}/next", after=after)

    async def open_queue(self, asked: OpenQueue) -> QueueView:
        """Draw runs and put them up for judgement."""
        return await self._post(QueueView, "/v1/queues", asked)

    async def close_queue(self, name: str, said: CloseQueue) -> QueueView:
        """Nobody need judge its runs any more."""
        return await self._post(QueueView, f"/v1/queues/{_part(name)}/close", said)

    async def plays(self) -> list[PlayView]:
        """What was tried in the playground, newest first."""
        return await self._get(list[PlayView], "/v1/playground")

    async def get_play(self, play_id: str) -> PlayView:
        """One play as it stands."""
        return await self._get(PlayView, f"/v1/playground/{_part(play_id)}")

    async def play(self, asked: StartPlay) -> PlayView:
        """Ask several versions at once. Should the answer be lost and this be sent again, it is one play."""
        return await self._post(PlayView, "/v1/playground", asked, headers={"Idempotency-Key": uuid4().hex})

    async def audit(self, *, before: int | None = None, limit: int = 100) -> AuditPage:
        """Rows of the audit, newest first."""
        return await self._get(AuditPage, "/v1/audit", before=before, limit=limit)

    async def audit_row(self, row_id: str) -> AuditDetail:
        """One row with everything that belongs to it."""
        return await self._get(AuditDetail, f"/v1/audit/{_part(row_id)}")

    async def nights(self, agent: str | None = None) -> list[wire.NightView]:
        """Nights of the optimizer, newest first."""
        return await self._get(list[wire.NightView], "/v1/nights", agent=agent)

    async def night_events(self, night_id: str, *, after: int = 0) -> list[wire.EventView]:
        """The facts of a night from seq `after` + 1 on, in order."""
        return await self._facts(f"/v1/nights/{_part(night_id)}/events", after)

    async def _facts(self, path: str, after: int) -> list[wire.EventView]:
        """All facts after a seq, page by page."""
        facts: list[wire.EventView] = []
        while True:
            page = await self._get(wire.EventPage, path, after=facts[-1].seq if facts else after, limit=PAGE)
            facts += page.items
            if len(page.items) < PAGE:
                return facts

    # --- writing ---------------------------------------------------------------------------

    async def start(self, request: wire.StartRun) -> wire.RunDetail:
        """Ask an agent. Should the answer be lost and the request be sent again, it is one run."""
        key = {"Idempotency-Key": uuid4().hex}
        return await self._post(wire.RunDetail, "/v1/runs", request, patient=request.wait, headers=key)

    async def feedback(self, run_id: str, given: wire.GiveFeedback) -> wire.RunView:
        """Judge a run."""
        return await self._post(wire.RunView, f"/v1/runs/{_part(run_id)}/feedback", given)

    async def withdraw(self, run_id: str, said: wire.WithdrawFeedback) -> wire.RunView:
        """Take a judgement back."""
        return await self._post(wire.RunView, f"/v1/runs/{_part(run_id)}/feedback/withdraw", said)

    async def cancel(self, run_id: str) -> wire.RunView:
        """Stop a run."""
        return await self._post(wire.RunView, f"/v1/runs/{_part(run_id)}/cancel")

    async def resume(self, run_id: str) -> wire.RunDetail:
        """Let a stopped run go on."""
        return await self._post(wire.RunDetail, f"/v1/runs/{_part(run_id)}/resume", patient=True)

    async def decide_outcome(self, run_id: str, decision: wire.DecideOutcome) -> wire.RunDetail:
        """Say what became of a call whose outcome is unknown."""
        return await self._post(wire.RunDetail, f"/v1/runs/{_part(run_id)}/outcome", decision, patient=True)

    async def question(self, question_id: str) -> wire.QuestionView:
        """A tool server's question, answered or not, by RUN:NUMBER."""
        return await self._get(wire.QuestionView, f"/v1/questions/{_part(question_id)}")

    async def answer(self, question_id: str, given: wire.AnswerQuestion) -> wire.QuestionView:
        """Answer a tool server's question."""
        return await self._post(wire.QuestionView, f"/v1/questions/{_part(question_id)}/answer", given)

    async def decide_approval(self, approval_id: str, decision: wire.DecideApproval) -> wire.ApprovalView:
        """Allow or deny a held call."""
        return await self._post(wire.ApprovalView, f"/v1/approvals/{_part(approval_id)}/decision", decision)

    async def decide(self, digest: str, decision: wire.Decide) -> wire.ProposalView:
        """Approve or reject a proposal."""
        return await self._post(wire.ProposalView, f"/v1/proposals/{_part(digest)}/decision", decision)

    async def end_rollout(self, rollout_id: str, request: wire.EndRollout) -> wire.RolloutView:
        """Take a candidate live, or take it back."""
        return await self._post(wire.RolloutView, f"/v1/rollouts/{_part(rollout_id)}/decision", request)

    async def roll_back(self, agent: str, request: wire.RollBack) -> wire.BundleView:
        """Take the live version back; gives the one that is live now."""
        return await self._post(wire.BundleView, f"/v1/agents/{_part(agent)}/rollback", request)

    # --- following -------------------------------------------------------------------------

    async def feed(
        self, *, after: int = 0, on_link: Callable[[Link], None] | None = None
    ) -> AsyncIterator[wire.EventView]:
        """Every fact of every stream after id `after`, each once and in order, over breaks of the connection."""
        last = after
        async for message in self._follow("/v1/feed", last, on_link):
            if message.event == "fact":
                fact = wire.EventView.model_validate_json(message.data)
                if fact.id > last:
                    last = fact.id
                    yield fact

    async def follow(
        self, run_id: str, *, after: int = 0, on_link: Callable[[Link], None] | None = None
    ) -> AsyncIterator[wire.EventView | wire.DeltaView]:
        """A run's facts after id `after`, and pieces of replies in the making, until it has ended."""
        last = after
        async for message in self._follow(f"/v1/runs/{_part(run_id)}/stream", last, on_link):
            if message.event == "end":
                return
            if message.event == "delta":
                yield wire.DeltaView.model_validate_json(message.data)
            elif message.event == "fact":
                fact = wire.EventView.model_validate_json(message.data)
                if fact.id > last:
                    last = fact.id
                    yield fact

    async def _follow(self, path: str, after: int, on_link: Callable[[Link], None] | None) -> AsyncIterator[Message]:
        """Messages of a stream; a break is mended by asking again from the last id, with growing waits."""
        tell = on_link or (lambda link: None)
        last, attempt = str(after), 0
        while True:
            why = "the stream ended"
            try:
                async for message in self._stream(path, last, tell):
                    attempt, last = 0, message.id or last
                    yield message
                    if message.event == "end":
                        return
            except ServiceError as error:
                if 400 <= error.status < 500:
                    raise
                why = str(error)
            attempt += 1
            wait = wait_before(attempt)
            tell(Link("lost", attempt, wait, why))
            await asyncio.sleep(wait)

    async def _stream(self, path: str, last: str, tell: Callable[[Link], None]) -> AsyncIterator[Message]:
        httpx = load_httpx()
        parser = Parser(id=last)
        try:
            async with self._open().stream(
                "GET",
                path,
                params={"after": last},
                headers={"Accept": "text/event-stream", "Last-Event-ID": last},
                timeout=httpx.Timeout(TIMEOUT, read=STREAM_SILENCE),
            ) as response:
                if response.status_code != 200:
                    await response.aread()
                    raise problem_of(response)
                tell(Link("live"))
                async for chunk in response.aiter_bytes():
                    for message in parser.feed(chunk):
                        yield message
        except httpx.HTTPError as error:
            raise self._unreached(error) from error

    # --- one request -----------------------------------------------------------------------

    async def _get(self, shape: type[T], path: str, **params: str | int | None) -> T:
        asked = {name: value for name, value in params.items() if value is not None and value != ""}
        return answered(shape, await self._send("GET", path, params=asked))

    async def _post(
        self,
        shape: type[T],
        path: str,
        body: wire.Shape | None = None,
        *,
        patient: bool = False,
        headers: dict[str, str] | None = None,
    ) -> T:
        content = None if body is None else body.model_dump(mode="json")
        limit = None if patient else TIMEOUT
        return answered(shape, await self._send("POST", path, json=content, timeout=limit, headers=headers))

    async def _send(self, method: str, path: str, **options: Any) -> httpx.Response:
        httpx = load_httpx()
        try:
            try:
                response = await self._open().request(method, path, **options)
            except httpx.RemoteProtocolError:
                if method != "GET":
                    raise
                # A kept connection that the service was closing in that moment: reading again harms nobody.
                response = await self._open().request(method, path, **options)
        except httpx.HTTPError as error:
            raise self._unreached(error) from error
        if response.status_code >= 400:
            raise problem_of(response)
        return response

    def _open(self) -> httpx.AsyncClient:
        if self._http is None:
            httpx = load_httpx()
            headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
            encrypted = self.url.startswith("https:") and not self.socket
            transport = httpx.AsyncHTTPTransport(uds=self.socket, verify=False) if self.socket else None
            self._http = httpx.AsyncClient(
                base_url=self.url, headers=headers, transport=transport, timeout=TIMEOUT, trust_env=not self.socket,
                verify=encrypted,
            )  # fmt: skip
        return self._http

    def _unreached(self, error: Exception) -> ServiceError:
        return ServiceError(
            f"no answer from {self.where!r}",
            detail=str(error) or type(error).__name__,
            hint="Is the service running? `strop serve` starts it; `--url` says where another one is.",
        )


def _part(text: str) -> str:
    """A path segment: nothing in a name can lead elsewhere."""
    return quote(text, safe="")
