"""Rules, examples, settings and model chosen together, for quality, cost and latency at once.

Optuna's TPE over the choices that the other strategies make one by one, with three aims; what comes out is a Pareto
front: versions of which no other is better in one aim and as good in the rest. The best in quality goes first.
"""

from collections.abc import Iterator
from typing import Any

from agents.prompts.bundle import Bundle
from optimizer.front import on_front
from optimizer.purse import PurseEmpty
from optimizer.race import in_rounds
from optimizer.strategies.protocol import Candidate, SearchContext
from optimizer.strategies.selection import balanced, house_rules, showable, with_rules

SAMPLE = 8
"""Select examples a choice is tried on."""
BEST = 3


def propose(context: SearchContext) -> Iterator[Candidate]:
    """The front, the best in quality first, at most three of it."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    sample = [one for one in in_rounds(context.select) if one.scorable][:SAMPLE]
    tried: dict[str, tuple[Bundle, str, tuple[float, float, float]]] = {}

    def aim(trial: Any) -> tuple[float, float, float]:
        bundle, note = _chosen(context, trial)
        if bundle.digest not in tried:
            outcomes = [context.trial(bundle, one.id) for one in sample]
            scores = [one.score or 0.0 for one in outcomes]
            n = max(1, len(outcomes))
            told = (
                sum(scores) / n,
                sum(one.tokens for one in outcomes) / n,
                sum(one.seconds for one in outcomes) / n,
            )
            tried[bundle.digest] = (bundle, note, told)
        return tried[bundle.digest][2]

    sampler = optuna.samplers.TPESampler(seed=context.settings.seed, multivariate=False)
    study = optuna.create_study(directions=["maximize", "minimize", "minimize"], sampler=sampler)
    try:
        if sample:
            study.optimize(aim, n_trials=context.settings.joint_trials)
    except PurseEmpty as empty:
        context.say(f"joint: stopped, {empty}")
    front = on_front({digest: aims for digest, (_, _, aims) in tried.items()})
    for digest in sorted(front, key=lambda one: (-tried[one][2][0], tried[one][2][1], one))[:BEST]:
        bundle, note, (quality, tokens, _) = tried[digest]
        yield Candidate(bundle, "joint", f"{note}; {quality:.0%} at {tokens:.0f} tokens when tried")


def _chosen(context: SearchContext, trial: Any) -> tuple[Bundle, str]:
    bundle, notes = context.incumbent, []
    rules = house_rules(context)[: context.settings.rules]
    if rules:
        share = trial.suggest_categorical("rules", [0.0, 0.34, 1.0])
        taken = rules[: round(share * len(rules))]
        bundle = with_rules(bundle, taken)
        notes.append(f"{len(taken)} rules")
    shown = balanced(showable(context), context.settings.seed)
    if shown:
        size = trial.suggest_categorical("examples", [0, *context.settings.demonstrations])
        chosen = [{"input": one.input, "output": one.answer, "source": one.run} for one in shown[:size]]
        bundle = bundle.with_(demonstrations=chosen) if chosen else bundle
        notes.append(f"{len(chosen)} examples")
    for name, values in (("temperature", context.settings.temperatures), ("model", context.settings.models)):
        if values:
            value = trial.suggest_categorical(name, ["as it is", *values])
            if value != "as it is":
                bundle = _set(bundle, name, value)
                notes.append(f"{name} {value}")
    return bundle, ", ".join(notes) or "as it is"


def _set(bundle: Bundle, name: str, value: Any) -> Bundle:
    if name == "model":
        return bundle.with_(model=value)
    return bundle.with_(settings={**bundle.settings, name: value})
