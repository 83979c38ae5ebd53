"""A run's facts folded into blocks: what the transcript shows, one block per thing that happened. Pure.

The fold goes forward one fact at a time, so a live run costs what is new. Prevents: a screen that leaves out some
kind of fact because nobody drew it (an unknown kind is a plain block).
"""

from dataclasses import dataclass
from datetime import datetime
from sys import intern
from typing import Any, Final

from agents.service.wire import EventView
from tui.lines.facts import Facts
from tui.lines.figures import count, duration, money, short, tokens
from tui.lines.line import Target
from tui.lines.pretty import pretty as pretty
from tui.lines.undecided import Undecided
from tui.lines.waterfall import Waterfall

ANSWER_TOOL: Final = "final_result"
"""The output tool of pydantic-ai: its call carries the answer, which the run's end shows anyway."""

FOLLOWED: Final = {"retried": "; asked again", "fell_back": "; another model asked"}
_WAITS_FOR: Final = {"approval": "a call is to be allowed", "question": "a tool server asks something"}


SIGNS: Final = {
    "rephrase": "the customer said it again in other words",
    "retry": "the customer asked the same again",
    "abandonment": "the customer did not come back",
    "escalation": "the customer was handed on to a person",
}


@dataclass(slots=True)
class Block:
    """One thing that happened. `kind` chooses the bar's colour, `body` is wrapped when it is shown."""

    kind: str
    title: str
    at: datetime
    body: str = ""
    role: str = "text"
    figures: str = ""
    seqs: tuple[int, ...] = ()
    """The facts behind it, for the raw view."""
    folded: bool = False
    target: Target | None = None
    op: str | None = None
    tool: str = ""


class Fold:
    """Blocks of one stream of facts."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.facts = Facts()
        self.undecided = Undecided()
        self.waterfall = Waterfall()
        self.changed_from = 0
        """The first block that differs since somebody last set this to the number of blocks."""
        self.judged: dict[str, tuple[str, int]] = {}
        """Judgements that stand, in their order: by id, (who gave it, the block)."""
        self._calls: dict[str, int] = {}
        self._instructions: str | None = None

    def add(self, fact: EventView) -> bool:
        """Take in a fact; False when it was there already."""
        if fact.seq in self.facts:
            return False
        self.facts.put(fact)
        self.undecided.add(fact)
        self.waterfall.add(fact)
        # Interned: else CPython's cache of look-ups keeps a name for each fact, and with it the memory around it.
        draw = getattr(self, intern(f"_on_{fact.kind}"), None)
        if draw is None:
            self._put(fact, "note", fact.kind.replace("_", " "), pretty(fact.data), folded=True)
        else:
            draw(fact, fact.data)
        return True

    def _put(self, fact: EventView, kind: str, title: str, body: str = "", **more: Any) -> Block:
        block = Block(kind, title, fact.at, body, seqs=(fact.seq,), op=fact.op, **more)
        self.changed_from = min(self.changed_from, len(self.blocks))
        self.blocks.append(block)
        return block

    # --- a run -----------------------------------------------------------------------------

    def _on_run_started(self, fact: EventView, data: dict[str, Any]) -> None:
        origin = data.get("origin", "user")
        title = {"user": "input", "delegation": "input from another agent"}.get(origin, f"input ({origin})")
        if data.get("replay_of"):
            title += f", replaying {short(data['replay_of'])}"
        self._put(fact, "user", title, str(data.get("input", "")), figures=f"version {short(data.get('bundle', ''))}")

    def _on_run_resumed(self, fact: EventView, data: dict[str, Any]) -> None:
        self._put(
            fact, "note", f"resumed by {data.get('worker')}: {data.get('recorded_operations')} steps from the record"
        )

    def _on_model_requested(self, fact: EventView, data: dict[str, Any]) -> None:
        instructions = data.get("instructions")
        if instructions and instructions != self._instructions:
            self._instructions = instructions
            self._put(fact, "note", "instructions", instructions, folded=True)
        for part in _parts(data.get("messages")):
            if part.get("part_kind") == "retry-prompt":
                told = part.get("content")
                title = "the model is asked to try again"
                self._put(fact, "retry", title, told if isinstance(told, str) else pretty(told), role="warn")

    def _on_model_replied(self, fact: EventView, data: dict[str, Any]) -> None:
        figures = _model_figures(data)
        step = f"step {fact.step}" if fact.step else "reply"
        for part in (data.get("response") or {}).get("parts") or []:
            block = self._reply_part(fact, part, step)
            if block is not None and figures:
                block.figures, figures = figures, ""
        if figures:
            self._put(fact, "note", f"{step}: model replied", figures=figures)

    def _reply_part(self, fact: EventView, part: dict[str, Any], step: str) -> Block | None:
        kind, content = part.get("part_kind"), part.get("content")
        if kind == "thinking":
            return (
                self._put(fact, "reasoning", f"{step} reasoning", str(content or ""), role="reasoning")
                if content
                else None
            )
        if kind == "text":
            return self._put(fact, "text", f"{step} text", str(content or "")) if content else None
        if kind == "tool-call":
            name = str(part.get("tool_name"))
            answer = name.startswith(ANSWER_TOOL)
            block = self._put(
                fact, "call", f"{step} proposes the answer" if answer else f"{step} calls {name}",
                pretty(part.get("args")), role="tool", folded=answer, tool=name,
            )  # fmt: skip
            self._calls[str(part.get("tool_call_id"))] = len(self.blocks) - 1
            return block
        return self._put(fact, "note", f"{step} {kind}", pretty(part), folded=True)

    def _on_model_failed(self, fact: EventView, data: dict[str, Any]) -> None:
        title = f"the model call failed: {data.get('error')}{FOLLOWED.get(str(data.get('then')), '')}"
        self._put(
            fact, "error", title, str(data.get("message", "")), role="bad", figures=duration(data.get("seconds"))
        )

    def _on_tools_listed(self, fact: EventView, data: dict[str, Any]) -> None:
        listed = data.get("tools") or []
        names = [str(tool.get("name")) if isinstance(tool, dict) else str(tool) for tool in listed]
        self._put(fact, "note", f"{data.get('server')} offers {len(names)} tools", ", ".join(names), folded=True)

    def _on_tool_called(self, fact: EventView, data: dict[str, Any]) -> None:
        effect = data.get("effect", "")
        known = self._calls.get(str(data.get("call_id")))
        if known is None:
            block = self._put(fact, "call", f"calls {data.get('tool')}", pretty(data.get("arguments")), role="tool")
        else:
            block = self.blocks[known]
            block.seqs += (fact.seq,)
            self.changed_from = min(self.changed_from, known)
        block.tool, block.op = str(data.get("tool")), fact.op
        again = f", attempt {fact.attempt}" if (fact.attempt or 1) > 1 else ""
        block.title = f"{block.title.split(' (')[0]} ({data.get('server')}, {effect}{again})"

    def _on_tool_returned(self, fact: EventView, data: dict[str, Any]) -> None:
        kind, role = {"retry": ("retry", "warn"), "failed": ("error", "bad")}.get(
            data.get("outcome", "ok"), ("result", "text")
        )
        word = {"retry": "wants another try", "failed": "refused", "deferred": "is deferred"}.get(
            data.get("outcome", "ok"), "returned"
        )
        figures = f"{duration(data.get('seconds'))}  {count(int(data.get('size') or 0))} bytes"
        if data.get("source_run"):
            figures += "  from the record"
        text = pretty(data.get("result"))
        if cut := fact.cut.get("result"):
            text += f"\n... {count(cut.bytes)} bytes in all: `strop runs body {fact.stream} {cut.digest}`"
        self._put(fact, kind, f"{data.get('tool')} {word}", text, role=role, figures=figures)

    def _on_tool_failed(self, fact: EventView, data: dict[str, Any]) -> None:
        sent = "it may have had its effect" if data.get("sent", True) else "it was never sent"
        title = f"{data.get('tool')} broke ({sent}): {data.get('error')}"
        self._put(fact, "error", title, str(data.get("message", "")), role="bad")

    def _on_replay_diverged(self, fact: EventView, data: dict[str, Any]) -> None:
        title = f"not in the recording: {data.get('tool')}"
        self._put(fact, "error", title, pretty(data.get("arguments")), role="warn")

    def _on_outcome_decided(self, fact: EventView, data: dict[str, Any]) -> None:
        who = _who(data)
        body = pretty(data["result"]) if data.get("result") is not None else ""
        self._put(fact, "decision", f"{who} decided: {data.get('decision')} {fact.op or ''}", body)

    def _on_run_delegated(self, fact: EventView, data: dict[str, Any]) -> None:
        child = str(data.get("child_run_id"))
        verb = "handed off to" if data.get("hand_off") else "delegated to"
        self._put(fact, "child", f"{verb} {data.get('agent')}", target=("run", child), figures=short(child))

    def _on_delegation_ended(self, fact: EventView, data: dict[str, Any]) -> None:
        child, status = str(data.get("child_run_id")), str(data.get("status"))
        role = "text" if status == "finished" else "bad"
        told = f"the run below {status}"
        self._put(fact, "child", told, str(data.get("message") or ""), target=("run", child), role=role)

    def _on_span_observed(self, fact: EventView, data: dict[str, Any]) -> None:
        body = "\n".join(part for part in (data.get("error") or "", pretty(data.get("attributes") or {})) if part)
        role = "bad" if data.get("error") else "text"
        self._put(
            fact, "note", str(data.get("name")), body, folded=True, role=role, figures=duration(data.get("seconds"))
        )

    def _on_run_waited(self, fact: EventView, data: dict[str, Any]) -> None:
        body = f"{data.get('message', '')}\n" + "\n".join(f"- {self.call_of(op)}" for op in data.get("ops") or [])
        why = _WAITS_FOR.get(str(data.get("reason")), "the outcome of a call is unknown")
        self._put(fact, "waiting", f"waiting for a person: {why}", body.strip(), role="warn")

    def _on_history_taken(self, fact: EventView, data: dict[str, Any]) -> None:
        shown, left_out = len(data.get("runs") or []), len(data.get("left_out") or [])
        told = f"told of {shown} earlier turns" + (f", {left_out} left out" if left_out else "")
        self._put(fact, "note", told, figures=str(data.get("policy", "")))

    def _on_run_released(self, fact: EventView, data: dict[str, Any]) -> None:
        self._put(fact, "note", "what the run waited for was said")

    def _on_approval_requested(self, fact: EventView, data: dict[str, Any]) -> None:
        asked = f"a person is asked: {data.get('server')}.{data.get('tool')}"
        self._put(fact, "waiting", asked, pretty(data.get("arguments")), figures=str(data.get("reason") or ""))

    def _on_approval_decided(self, fact: EventView, data: dict[str, Any]) -> None:
        changed = data.get("arguments")
        body = "" if changed is None else f"with other arguments: {pretty(changed)}"
        self._put(fact, "decision", f"{_who(data)} decided: {data.get('decision')} {fact.op or ''}", body)

    def _on_question_asked(self, fact: EventView, data: dict[str, Any]) -> None:
        asked = f"{data.get('server')} asks: {data.get('message')}"
        self._put(fact, "waiting", asked, pretty(data.get("form") or data.get("url")), figures=str(data.get("tool")))

    def _on_question_answered(self, fact: EventView, data: dict[str, Any]) -> None:
        content = data.get("content")
        body = "" if content is None else pretty(content)
        self._put(fact, "decision", f"{_who(data)} answered: {data.get('action')} {fact.op or ''}", body)

    def _on_call_refused(self, fact: EventView, data: dict[str, Any]) -> None:
        told = f"refused by policy: {data.get('server')}.{data.get('tool')}"
        self._put(fact, "error", told, pretty(data.get("arguments")), figures=str(data.get("reason") or ""))

    def _on_guardrail_tripped(self, fact: EventView, data: dict[str, Any]) -> None:
        what = "the input" if data.get("where") == "input" else "the answer"
        then = "the model is asked again" if data.get("then") == "retry" else "nobody is shown it"
        told = f"{what} met the guardrail {data.get('name')}: {then}"
        self._put(fact, "error", told, str(data.get("say") or ""), role="warn", figures=str(data.get("check") or ""))

    def _on_run_finished(self, fact: EventView, data: dict[str, Any]) -> None:
        self._put(fact, "answer", "answer", pretty(data.get("output")), figures=duration(data.get("seconds")))

    def _on_run_failed(self, fact: EventView, data: dict[str, Any]) -> None:
        told = "\n".join(part for part in (data.get("message"), data.get("hint")) if part)
        figures = duration(data.get("seconds"))
        self._put(fact, "error", f"the run failed: {data.get('error')}", told, role="bad", figures=figures)

    def _on_run_cancelled(self, fact: EventView, data: dict[str, Any]) -> None:
        self._put(fact, "error", f"cancelled by {_who(data)}", str((data.get("provenance") or {}).get("reason", "")))

    def _on_feedback_given(self, fact: EventView, data: dict[str, Any]) -> None:
        score = data.get("score")
        said = [f"score {score:g}"] if score is not None else []
        said += [f"label {data['label']!r}"] if data.get("label") else []
        said += [f"outcome {data['outcome']!r}"] if data.get("outcome") else []
        correction = data.get("correction")
        body = "\n".join(
            part
            for part in (data.get("comment"), f"right answer: {pretty(correction)}" if correction is not None else "")
            if part
        )
        title = ", ".join([f"feedback of {_who(data)} ({data.get('tier', 'reviewer')})", *said])
        self._put(fact, "feedback", title, body)
        self.judged[str(data.get("feedback_id"))] = (_who(data), len(self.blocks) - 1)

    def _on_feedback_withdrawn(self, fact: EventView, data: dict[str, Any]) -> None:
        _, at = self.judged.pop(str(data.get("feedback_id")), ("", None))
        if at is not None:
            block = self.blocks[at]
            block.title, block.role, block.kind = f"taken back: {block.title}", "muted", "note"
            self.changed_from = min(self.changed_from, at)
        body = str((data.get("provenance") or {}).get("reason", ""))
        self._put(fact, "decision", f"{_who(data)} took a judgement back", body)

    def _on_signal_seen(self, fact: EventView, data: dict[str, Any]) -> None:
        by = data.get("by_run")
        target = ("run", str(by)) if by else None
        self._put(
            fact, "feedback", f"a sign: {SIGNS.get(str(data.get('signal')), data.get('signal'))}", target=target,
            figures=str(data.get("detail") or ""),
        )  # fmt: skip

    def _on_words_erased(self, fact: EventView, data: dict[str, Any]) -> None:
        facts = sum(last - first + 1 for first, last in data.get("events") or [])
        why = "their time was over" if data.get("because") == "retention" else "erased"
        body = str((data.get("provenance") or {}).get("reason", ""))
        title = f"{why} by {_who(data)}: the words of {facts} facts"
        self._put(fact, "decision", title, body, figures=str(data.get("erasure", "")))

    def tell_children(self, children: dict[str, tuple[str, str]]) -> None:
        """Put (figures, answer) of the runs that work was handed to where it was handed over."""
        for at, block in enumerate(self.blocks):
            if block.kind == "child" and block.target and block.target[1] in children:
                told = children[block.target[1]]
                if (block.figures, block.body) != told:
                    block.figures, block.body = told
                    self.changed_from = min(self.changed_from, at)

    def call_of(self, op: str) -> str:
        """An operation for people: its tool and its arguments."""
        for block in self.blocks:
            if block.kind == "call" and block.op == op:
                return f"{block.tool} {' '.join(block.body.split())}"
        return op


def _parts(messages: Any) -> list[dict[str, Any]]:
    return [
        part
        for message in (messages if isinstance(messages, list) else [])
        if isinstance(message, dict)
        for part in message.get("parts") or []
        if isinstance(part, dict)
    ]


def _who(data: dict[str, Any]) -> str:
    return str((data.get("provenance") or {}).get("by", "somebody"))


def _model_figures(data: dict[str, Any]) -> str:
    figures = [tokens(int(data.get("input_tokens") or 0), int(data.get("output_tokens") or 0)) + " tokens"]
    if data.get("cost") is not None:
        figures.append(money(data["cost"]))
    if data.get("source_run"):
        figures.append("from the record")
    return "  ".join([*figures, duration(data.get("seconds"))])
