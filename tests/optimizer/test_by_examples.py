"""A version that a person wrote, proven on the sealed examples of reviewed runs and proposed by that person."""

from agents.prompts.store import add_bundle, get_bundle
from agents.service.views import proposal_view
from optimizer.by_hand import carrying_as_met, propose_on_examples
from optimizer.night_log import NightLog
from tests.optimizer.night_world import SMALL, TEAMS, World
from traces.provenance import Provenance
from traces.recorder import Recorder

ANN = Provenance(by="ann", reason="it knows the teams", role="admin")


def test_a_version_of_ones_own_is_proven_as_a_nights_is(world: World) -> None:
    """The sealed pool is opened once and counted, no strategy is asked, and the proposal is the person's own."""
    from agents.selection import own_bundle

    recorder = Recorder(world.database)
    own = own_bundle(world.workspace, world.workspace.agents["desk"])
    better = own.with_(rules=[f"{topic} is {team}." for topic, team in TEAMS.items()])
    with world.database.writing() as session:
        written = add_bundle(session, better, author="ann", author_kind="person", parent=own.digest)
    assert carrying_as_met(recorder, written) == written  # it uses no tools
    done = propose_on_examples(
        world.workspace, recorder, written, ANN, settings=SMALL, make_runtime=world.make_runtime
    )
    assert (done.verdict, done.proposal) == ("better", None)
    assert len(NightLog(world.database, done.night, "desk").sealed_openings()) == 1
    with world.database.reading() as session:
        view = proposal_view(session, written)
        assert get_bundle(session, written).author == "ann"
    assert (view.bundle.state, view.verdict, view.stale) == ("proposed", "better", False)
    assert view.got_better
    assert view.evidence["n"] == done.evidence.n  # type: ignore[union-attr]
