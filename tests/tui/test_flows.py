"""What an operator does, from the first key to what the service was told."""

import asyncio

import pytest

from agents.service import wire
from tests.tui import builders
from tests.tui.driving import at_desk
from tests.tui.fake_service import Service
from tui.screens.nights import NightScreen, NightsScreen
from tui.screens.proposals import ProposalScreen
from tui.screens.run import RunScreen
from tui.screens.runs import RunsScreen
from tui.widgets.transcript import Transcript

pytestmark = pytest.mark.anyio


async def test_open_a_run_and_read_it(service: Service) -> None:
    """Enter opens the run under the cursor; its story has every kind of step; esc comes back to the same row."""
    async with at_desk(service, (100, 70)) as desk:
        await desk.press("down", "enter")
        await desk.until("find_policy returned")
        for told in (
            "step 1 reasoning",
            "calls find_policy (insurer, read)",
            "asked to try again",
            "delegated to claims",
            "answer",
        ):
            assert told in desk.text
        await desk.press("escape")
        await desk.until("2/60")
        assert desk.app.screen.query_one("#runs").cursor == 1


async def test_a_failed_run_shows_its_error_first_in_the_row_and_by_key(service: Service) -> None:
    """The list says why it failed; `e` goes to the error; `z` folds; `r` shows the facts; `]` opens the next run."""
    async with at_desk(service) as desk:
        assert "LimitReached: 8 steps and no answer" in desk.text
        await desk.press("down", "down", "enter")
        await desk.until("find_policy returned")
        await desk.press("e", "e")
        view = desk.app.screen.query_one(Transcript)
        assert view.block is not None
        assert view.block.title == "the run failed: LimitReached"
        await desk.press("z")
        await desk.until("z opens")
        await desk.press("r")
        await desk.until('"kind": "run_failed"')
        await desk.press("r", "right_square_bracket")
        await desk.until(lambda: "claims run" in desk.text and "find_policy returned" in desk.text)
        await desk.press("escape")
        await desk.until("4/60")


async def test_search_in_a_run(service: Service) -> None:
    """`/` finds in what is shown and says how often; `n` goes on; esc first ends the search."""
    async with at_desk(service, (120, 30)) as desk:
        await desk.press("down", "enter")
        await desk.until("find_policy returned")
        await desk.press("slash")
        await desk.type("policy")
        await desk.press("enter")
        await desk.until("match 1/4")
        view = desk.app.screen.query_one(Transcript)
        first = view.cursor
        assert "policy" in view.row_at(first).text
        await desk.press("n")
        assert view.cursor in view.hits
        assert view.cursor != first
        await desk.until("match 2/4")
        await desk.press("escape")
        assert view.term == ""
        assert isinstance(desk.app.screen, RunScreen)


async def test_feedback_in_two_keys(service: Service) -> None:
    """`d` names the run and the effect, enter sends; the judgement shows in the story and in the list."""
    run = builders.run_view(1)
    async with at_desk(service) as desk:
        await desk.press("down", "enter")
        await desk.until("find_policy returned")
        await desk.press("d")
        await desk.until("This run was bad?")
        assert "staging (insurer)" in desk.text
        assert service.world.told == []
        await desk.type("too slow")
        await desk.press("enter")
        await desk.until(lambda: bool(service.world.told))
        await desk.until("score 0.00")
        await desk.press("escape")
        await desk.until(lambda: " 0.00  I was hit" in desk.text)
    assert service.world.told == [("feedback", wire.GiveFeedback(score=0, comment="too slow"))]
    assert service.world.runs[run.id].score == 0


async def test_a_judgement_is_taken_back(service: Service) -> None:
    """`U` is there once one has judged; it names the judgement, and the story says that it counts no more."""
    async with at_desk(service, (100, 40)) as desk:
        await desk.press("down", "down", "enter")
        await desk.until("find_policy returned")
        await desk.press("U")
        assert isinstance(desk.app.screen, RunScreen)
        await desk.press("d", "enter")
        await desk.until("U takes it back")
        await desk.until("feedback of night-shift")
        await desk.press("U")
        await desk.until("Take this judgement back?")
        assert "score 0" in desk.text
        await desk.type("wrong run")
        await desk.press("enter")
        await desk.until("taken back: feedback of night-shift")
        await desk.until("night-shift took a judgement back")
        await desk.press("U")
        assert isinstance(desk.app.screen, RunScreen)
    assert service.world.told[1] == ("withdraw", wire.WithdrawFeedback(feedback_id="fb_12", reason="wrong run"))


async def test_label_and_correct(service: Service) -> None:
    """`l` needs a label; `c` opens the answer as YAML, refuses what cannot be read, and sends the right answer."""
    async with at_desk(service) as desk:
        await desk.press("down", "enter")
        await desk.until("find_policy returned")
        await desk.press("l")
        await desk.until("Which label?")
        await desk.press("enter")
        await desk.until("A reason is needed")
        await desk.type("wrong team")
        await desk.press("enter")
        await desk.until(lambda: len(service.world.told) == 1)
        await desk.press("c")
        await desk.until("team: harbour")
        await desk.press("ctrl+s")
        await desk.until("Nothing is changed yet")
        area = desk.app.screen.query_one("#answer")
        area.text = "team: [lantern"
        await desk.press("ctrl+s")
        await desk.until("line 1")
        area.text = "team: lantern"
        await desk.press("ctrl+s")
        await desk.until(lambda: len(service.world.told) == 2)
    assert service.world.told == [
        ("feedback", wire.GiveFeedback(label="wrong team")),
        ("feedback", wire.GiveFeedback(score=0, correction={"team": "lantern"})),
    ]


async def test_filter(service: Service) -> None:
    """`/` takes the filter language, recalls what is applied, tells an error where it is, and esc clears it."""
    async with at_desk(service) as desk:
        await desk.press("slash")
        await desk.type("status:failed")
        await desk.press("enter")
        await desk.until("1/12")
        assert "finished" not in desk.text
        await desk.press("slash")
        await desk.type(" colour:red")
        await desk.press("enter")
        await desk.until("              ^ unknown field 'colour'")
        await desk.press("slash", "up", "up", "enter")
        await desk.until("1/12")
        await desk.press("escape")
        await desk.until("1/60")


async def test_approve_with_a_reason(service: Service) -> None:
    """`A` names object, effect and environment, refuses to go on without a reason, and sends what was shown."""
    async with at_desk(service) as desk:
        await desk.press("3")
        await desk.until("1 waiting")
        await desk.press("enter")
        await desk.until("28 examples gained")
        await desk.press("A")
        await desk.until("Approve this version for 'desk'?")
        for told in ("22bb22bb22bb", "it serves every new conversation of 'desk'", "staging (insurer)", "1 example"):
            assert told in desk.text
        await desk.press("enter")
        await desk.until("A reason is needed")
        await desk.type("worse case is harmless")
        await desk.press("enter")
        await desk.until(lambda: bool(service.world.told))
        await desk.until(lambda: "live, optimizer" in desk.text)
        assert "Approve" not in desk.text.splitlines()[-1]
    said = wire.Decide(
        decision="approve", reason="worse case is harmless", shown=builders.digest(77), incumbent=builders.LIVE
    )
    assert service.world.told == [("decide", said)]
    assert service.world.live == builders.BETTER


async def test_reject(service: Service) -> None:
    """`X` and a reason: it leaves the queue, and the queue says what to do next."""
    async with at_desk(service) as desk:
        await desk.press("3")
        await desk.until("1 waiting")
        await desk.press("enter")
        await desk.until("28 examples gained")
        await desk.press("X")
        await desk.until("Reject this version")
        await desk.type("no")
        await desk.press("enter")
        await desk.until("rejected, optimizer")
        await desk.press("escape")
        await desk.until("No proposal waits for you")
    assert [what for what, _ in service.world.told] == ["decide"]
    assert service.world.live == builders.LIVE


async def test_a_conflict_is_shown(service: Service) -> None:
    """Somebody else was first: a box says so, nothing is changed, and the data is asked for again."""
    async with at_desk(service) as desk:
        await desk.press("3")
        await desk.until("1 waiting")
        await desk.press("enter")
        await desk.until("28 examples gained")
        service.world.make_live(builders.OLD, "desk")
        await desk.press("A")
        await desk.until("Approve this version")
        await desk.type("good")
        await desk.press("enter")
        await desk.until("somebody else was first")
        assert "the live version has changed" in desk.text
        await desk.press("escape")
        assert isinstance(desk.app.screen, ProposalScreen)
    assert service.world.live == builders.OLD


async def test_roll_back(service: Service) -> None:
    """`B` on a version that served takes the agent back to it, with a reason and the live digest that was seen."""
    async with at_desk(service) as desk:
        await desk.press("4")
        await desk.until("4 versions")
        await desk.press("down", "B")
        await desk.until("never served")
        await desk.press("down", "down", "B")
        await desk.until("Roll 'desk' back?")
        await desk.type("fewer complaints")
        await desk.press("enter")
        await desk.until(lambda: bool(service.world.told))
        await desk.until(lambda: "● 00cc00cc00cc LIVE" in desk.text)
    said = wire.RollBack(reason="fewer complaints", to=builders.OLD, live=builders.LIVE)
    assert service.world.told == [("rollback", said)]


async def test_compare_versions(service: Service) -> None:
    """`=` shows the word diff with the version before, or with the marked one; enter reads a version whole."""
    async with at_desk(service) as desk:
        await desk.press("4")
        await desk.until("4 versions")
        await desk.press("down", "equals_sign")
        await desk.until("11aa11aa11aa to 22bb22bb22bb")
        await desk.until("~ Route each message to")
        await desk.press("escape", "space", "down", "down", "equals_sign")
        await desk.until("22bb22bb22bb to 00cc00cc00cc")
        await desk.press("escape", "enter")
        await desk.until("what the model gets")


async def test_a_waiting_run_is_decided(service: Service) -> None:
    """`W` shows the call, wants an answer and a reason, and the run goes on; nothing is sent twice."""
    run = builders.run_view(0)
    async with at_desk(service) as desk:
        await desk.press("enter")
        await desk.until("W decides")
        await desk.press("W")
        await desk.until("What became of this call?")
        assert 'pay_claim {"claim": "CL-7", "amount": 1240}' in desk.text
        await desk.press("down", "enter")
        await desk.type("paid")
        await desk.press("enter")
        await desk.until("A reason is needed")
        await desk.type("seen in the bank")
        await desk.press("enter")
        await desk.until(lambda: len(service.world.told) == 2)
        await desk.until("finished")
        assert "W decides" not in desk.text
    decided = wire.DecideOutcome(op="s2.c9", decision="done", result="paid", reason="seen in the bank")
    assert service.world.told == [("outcome", decided), ("resume", run.id)]


async def test_nights_go_on_before_ones_eyes(service: Service) -> None:
    """The report opens the proposal; a running night grows by itself."""
    async with at_desk(service) as desk:
        await desk.press("5")
        await desk.until("1 running")
        await desk.press("enter")
        await desk.until("progress")
        service.world.fact("night_3", "stage_reached", stage="race", message="three candidates left", facts={})
        await desk.until("three candidates left")
        await desk.press("escape", "down", "enter")
        await desk.until("morning report")
        view = desk.app.screen.query_one("#page")
        view.jump(lambda row: row.target == ("proposal", builders.BETTER))
        await desk.press("enter")
        await desk.until(lambda: isinstance(desk.app.screen, ProposalScreen))


async def test_new_runs_come_on_top_and_move_nobody(service: Service) -> None:
    """With the cursor further down it stays on its run, and the status says how many are new."""
    async with at_desk(service) as desk:
        await desk.press("down", "down")
        runs = desk.app.screen.query_one("#runs")
        before = runs.current.id
        service.world.new_run("run_new000000001")
        await desk.until("1 new above")
        assert runs.current.id == before
        await desk.press("home")
        await desk.until("1/61")
        assert "new above" not in desk.text


async def test_a_running_run_is_followed(service: Service) -> None:
    """Half a reply shows while it is written, and gives way to the fact; the end shows as the end."""
    run = service.world.new_run("run_new000000001")
    async with at_desk(service) as desk:
        await desk.press("enter")
        await desk.until("desk run new000000001")
        service.world.deltas[run.id] = [wire.DeltaView(run_id=run.id, kind="thinking", text="Perhaps a burst")]
        await desk.until("Perhaps a burst")
        service.world.fact(run.id, "model_replied", step=1, **builders.reply(builders.thought("A burst pipe.")))
        service.world.fact(run.id, "run_finished", output={"team": "harbour"}, seconds=2.0)
        service.world.change_run(run.id, status="finished", seconds=2.0)
        await desk.until("✓ finished")
        await desk.until("A burst pipe.")
        assert "writing ..." not in desk.text


async def test_the_service_is_restarted(service: Service) -> None:
    """What is shown stays, the line says that it is lost, and what happened meanwhile is there once it is back."""
    async with at_desk(service) as desk:
        await asyncio.to_thread(service.stop)
        await desk.until("reconnecting")
        assert "1/60" in desk.text
        service.world.new_run("run_new000000001")
        await asyncio.to_thread(service.start)
        await desk.until("● live")
        await desk.until("1/61")
        assert desk.text.count("running") == 1


async def test_no_service_at_all(service: Service) -> None:
    """The first screen says where it looked and what to do; when the service comes, the rows come."""
    await asyncio.to_thread(service.stop)
    async with at_desk(service, ready="reconnecting") as desk:
        await desk.until("Is the service running?")
        assert "READ ONLY" in desk.text
        await asyncio.to_thread(service.start)
        await desk.until("1/60")


async def test_commands_go_anywhere(service: Service) -> None:
    """`:` opens a run by the end of its id, filters, and starts a run once that is confirmed."""
    async with at_desk(service) as desk:
        await desk.press("colon")
        await desk.until("every agent's versions")
        await desk.type("run 99990")
        await desk.press("enter")
        await desk.until("claims run 000000099990")
        await desk.press("colon")
        await desk.type("runs agent:claims")
        await desk.press("enter")
        await desk.until("1/20")
        assert isinstance(desk.app.screen, RunsScreen)
        await desk.press("colon")
        await desk.type("ask desk hello")
        await desk.press("enter")
        await desk.until("Ask 'desk'?")
        await desk.press("enter")
        await desk.until("desk run zz0000000001")
    assert service.world.told == [("start", wire.StartRun(agent="desk", input="hello"))]


async def test_each_list_keeps_its_place(service: Service) -> None:
    """Going to another list and back finds the screen and the cursor where they were."""
    async with at_desk(service) as desk:
        await desk.press("5")
        await desk.until("1 running")
        await desk.press("down", "enter")
        await desk.until("morning report")
        await desk.press("1")
        await desk.until("1/60")
        await desk.press("5")
        await desk.until("morning report")
        assert isinstance(desk.app.screen, NightScreen)
        await desk.press("5")
        await desk.until("1 running")


async def test_themes_and_small_windows(service: Service) -> None:
    """`T` changes the theme at once; a window that is too small says so and comes back whole."""
    async with at_desk(service) as desk:
        await desk.press("T")
        assert desk.app.theme == "strop-light"
        await desk.pilot.resize_terminal(30, 6)
        await desk.until("too small")
        await desk.pilot.resize_terminal(80, 24)
        await desk.until("1/60")
        await desk.press("q")
    assert desk.app.return_value == 0


async def test_a_refusal_over_what_is_shown_is_told(service: Service) -> None:
    """Rows that are there stay when the service says no, and the person hears that they may be old."""
    async with at_desk(service) as desk:
        service.world.mood = "broken"
        await desk.press("ctrl+r")
        await desk.until("What is shown may be old")
        assert "I was hit" in desk.text
        service.world.mood = ""


async def test_a_click_on_the_line_of_keys_is_the_key(service: Service) -> None:
    """Keys of the app, of the screen and of the list inside it alike."""
    async with at_desk(service, (160, 30)) as desk:

        async def click(key: str) -> None:
            line = desk.text.splitlines()[-1]
            await desk.pilot.click(offset=(line.index(f" {key}") + 1, 29))

        await click("5 Nights")
        await desk.until(lambda: isinstance(desk.app.screen, NightsScreen))
        await click("1 Runs")
        await desk.until("1/60")
        await desk.press("down", "enter")
        await desk.until("find_policy returned")
        await click("z Fold")
        await desk.until("z opens")
        await click("? Help")
        await desk.until("Keys here")
