"""What stands between feedback and a prompt: each new sentence of a candidate is looked at where it came from.

Three answers: it may stand; it is refused (`optimizer.leaks`: a key, an address, a link, an order to the model);
it is held back until a person has read it (`optimizer.privileges`, `optimizer.taint`: it would give rights, or a
customer or a tool said it first). Prevents a customer's message from becoming an instruction by way of a reviewer or
of a reflector.
"""

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from agents.prompts.bundle import Bundle, Demonstration
from optimizer.examples import Example
from optimizer.leaks import LAYOUT, found_in, prompt_length
from optimizer.normal import plain, sentences
from optimizer.privileges import privileged, writing_tools
from optimizer.taint import Taint
from traces.ids import digest_text

Heard = Callable[[Sequence[str]], Mapping[str, Sequence[str]]]

AT_ONCE = 50
"""Runs whose tools' answers are in memory together."""


@dataclass(frozen=True)
class Held:
    """A text that waits for a person."""

    text: str
    place: str
    source: str
    why: tuple[str, ...]

    @property
    def id(self) -> str:
        """By what it says: held once, however often it comes back."""
        return text_id(self.text)


def text_id(text: str) -> str:
    """The name of a held text; upper case, accents and white space make no other."""
    return digest_text(plain(text))


@dataclass
class Screen:
    """Looks at the texts of one night's candidates.

    Args:
        incumbent: what it says already is its own matter.
        outside: (name, text) of all that customers and tools said.
        released: ids of held texts that a person let through.
        hold: told of each text that is held back.
    """

    incumbent: Bundle
    outside: Iterable[tuple[str, str]] = ()
    released: Container[str] = frozenset()
    hold: Callable[[Held], None] = lambda held: None
    _known: set[str] = field(init=False)
    _taint: Taint = field(init=False)
    _tools: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        """Index what is known."""
        own = [self.incumbent.instructions, *self.incumbent.rules]
        self._known = {plain(one) for text in own for one in sentences(text)} | {plain(text) for text in own}
        self._taint = Taint(self.outside)
        self._tools = writing_tools(self.incumbent)

    def rule(
        self, text: str, source: str = "", place: str = "a rule", tools: frozenset[str] | None = None
    ) -> tuple[str, ...]:
        """Why this text may not stand where orders to the model stand; empty when it may."""
        refused = self.shown(text)
        if refused or plain(text) in self._known or text_id(text) in self.released:
            return refused
        why = list(privileged(text, self._tools if tools is None else tools))
        why += [f"words of {one.source} ({one.sentence[:60]!r})" for one in self._taint.find(text)]
        if why:
            self.hold(Held(text, place, source, tuple(why)))
        return tuple(why)

    def shown(self, text: str) -> tuple[str, ...]:
        """Why a customer's own words may not be quoted as an example; empty when they may."""
        forged = ("a line that forges a part of the prompt",) if LAYOUT.search(text) else ()
        return (*found_in(text), *forged)

    def objections(self, candidate: Bundle, *, prompt_chars: int, strategy: str = "") -> tuple[str, ...]:
        """What is new in the candidate and must not be shown to a model, each a reason to refuse it."""
        return (
            *self._demonstrations(candidate.demonstrations), *self._rules(candidate.rules, strategy),
            *self._instructions(candidate, strategy), *self._tool_texts(candidate, strategy),
            *self._length(candidate, prompt_chars),
        )  # fmt: skip

    def _demonstrations(self, shown: Sequence[Demonstration]) -> list[str]:
        known = {(one.input, str(one.output)) for one in self.incumbent.demonstrations}
        return [
            f"the demonstration from {one.source or '?'} has {what}"
            for one in shown
            if (one.input, str(one.output)) not in known
            for what in self.shown(f"{one.input}\n{one.output}")
        ]

    def _rules(self, rules: Sequence[str], strategy: str) -> list[str]:
        new = [rule for rule in rules if rule not in self.incumbent.rules]
        return [f"the rule {rule[:60]!r} has {what}" for rule in new for what in self.rule(rule, strategy)]

    def _instructions(self, candidate: Bundle, strategy: str) -> list[str]:
        if candidate.instructions == self.incumbent.instructions:
            return []
        new = [one for one in sentences(candidate.instructions) if plain(one) not in self._known]
        said = [
            f"the instructions have {what}: {sentence[:60]!r}"
            for sentence in new
            for what in self.rule(sentence, strategy, "the instructions")
        ]
        before = set(found_in(self.incumbent.instructions))
        spread = set(found_in(candidate.instructions)) - before  # over a line's end, or in pieces
        return said or [f"the instructions have {what}" for what in sorted(spread)]

    def _tool_texts(self, candidate: Bundle, strategy: str) -> list[str]:
        new = {
            tool: "\n".join([text.description, *text.parameters.values()])
            for tool, text in candidate.tool_texts.items()
            if self.incumbent.tool_texts.get(tool) != text
        }
        return [
            f"the text of {tool} has {what}"
            for tool, text in new.items()
            for what in self.rule(text, strategy, tool, self._tools - {tool})
        ]

    def _length(self, candidate: Bundle, prompt_chars: int) -> list[str]:
        length = prompt_length(candidate)
        if length <= max(prompt_chars, prompt_length(self.incumbent)):
            return []
        return [f"the prompt has {length} characters, the limit is {prompt_chars}"]


def outside_of(examples: Sequence[Example], heard: Heard = lambda runs: {}) -> Iterator[tuple[str, str]]:
    """What customers and tools said in these examples, each with the run it was said in.

    Args:
        examples: reviewed runs.
        heard: what tools answered in some runs, by run; asked for a few at a time, for it may be much.
    """
    for start in range(0, len(examples), AT_ONCE):
        some = examples[start : start + AT_ONCE]
        said = heard([one.run for one in some])
        for one in some:
            yield f"the customer in {one.run}", one.input
            yield from ((f"a tool in {one.run}", text) for text in said.get(one.run, ()))
            yield from ((f"untrusted feedback on {one.run}", text) for text in one.untrusted)
