"""`strop bundles`: the versions of an agent's behaviour."""

from datetime import datetime
from pathlib import Path
from typing import TextIO

import click

from tui.commands.opening import in_workspace, ledger, load, load_settings, with_json
from tui.commands.printing import glyphs, hand_over, print_json, print_lines, say, width
from tui.commands.propose import propose


@click.group()
def bundles() -> None:
    """Read the versions of agents' behaviour. DIGEST: its first characters are enough."""


@bundles.command("list")
@click.argument("agent", required=False)
@click.option("--limit", type=click.IntRange(1, 1000), default=200, show_default=True, help="Rows.")
@click.option("--drafts", is_flag=True, help="Also what nights tried and nobody proposed. --json has it in any case.")
@with_json
@in_workspace
def list_(agent: str | None, limit: int, drafts: bool, as_json: bool, folder: Path | None) -> None:
    """List versions (of AGENT), newest first."""
    from agents.service.views import bundle_list
    from tui.lines.figures import of
    from tui.lines.rows import bundle_head, bundle_row, only_tried

    workspace = load(folder)
    if agent is not None:
        workspace.agent(agent)
    with ledger(workspace) as database, database.reading() as session:
        views = bundle_list(session, agent=agent, limit=limit)
    if as_json:
        print_json(views)
        return
    if not views:
        say("no versions yet: an agent gets its first with its first run")
        return
    now = datetime.now().astimezone()
    shown = [view for view in views if drafts or not only_tried(view)]
    print_lines([bundle_head(width()), *(bundle_row(view, width(), now, glyphs()) for view in shown)])
    if len(shown) < len(views):
        say(f"{of(len(views) - len(shown), 'draft')} that nights tried: --drafts shows")


@bundles.command("show")
@click.argument("digest")
@with_json
@in_workspace
def show(digest: str, as_json: bool, folder: Path | None) -> None:
    """Show a version whole: the prompt as the model gets it, then every other field."""
    from agents.service.views import bundle_view
    from tui.lines.review import bundle_lines

    with ledger(load_settings(folder)) as database, database.reading() as session:
        view = bundle_view(session, digest)
    if as_json:
        print_json(view)
    else:
        print_lines(bundle_lines(view, width(), datetime.now().astimezone(), glyphs()))


@bundles.command("diff")
@click.argument("digest")
@click.argument("newer", required=False)
@click.option("--against", default=None, metavar="DIGEST", help="The other version. Default: its parent.")
@with_json
@in_workspace
def diff(digest: str, newer: str | None, against: str | None, as_json: bool, folder: Path | None) -> None:
    """Show word by word what a version changes against its parent; with NEWER, what that changes against DIGEST."""
    if newer is not None:
        if against is not None:
            raise click.UsageError("give two versions, or one and --against")
        digest, against = newer, digest
    from agents.service.views import bundle_diff
    from tui.lines.diff import diff_lines

    with ledger(load_settings(folder)) as database, database.reading() as session:
        lines = bundle_diff(session, digest, against)
    if as_json:
        print_json(lines)
    else:
        print_lines(diff_lines(lines, width()))


bundles.add_command(propose)


@bundles.command("export")
@click.argument("digest")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="The file. Default: the screen."
)
@with_json
@in_workspace
def export(digest: str, output: Path | None, as_json: bool, folder: Path | None) -> None:
    """Write a version as a YAML file to be reviewed and kept; `strop bundles import` reads it back."""
    from agents.prompts.files import write_file
    from agents.prompts.store import get_bundle, match_bundle

    with ledger(load_settings(folder)) as database, database.reading() as session:
        stored = get_bundle(session, match_bundle(session, digest))
    text = write_file(stored)
    facts = {"digest": stored.digest, "text": text} if as_json else None
    hand_over(text, output, f"{stored.digest} is in {output}", facts)


@bundles.command("merge")
@click.argument("digest")
@click.argument("other", metavar="OTHER")
@click.option("--base", metavar="DIGEST", help="What both grew from. Default: the newest version above both.")
@with_json
@in_workspace
def merge(digest: str, other: str, base: str | None, as_json: bool, folder: Path | None) -> None:
    """Put what OTHER changed into DIGEST, field by field: a draft with both as parents.

    What both changed is refused, with the names of the fields: then a person writes it (`export`, edit, `import`).
    """
    from agents.prompts.merging import merge as merged
    from agents.prompts.merging import nearest_above
    from agents.prompts.store import add_bundle, get_bundle, match_bundle
    from agents.service.views import bundle_view
    from traces.ids import short

    workspace = load_settings(folder)
    with ledger(workspace) as database, database.writing() as session:
        ours, theirs = (get_bundle(session, match_bundle(session, one)) for one in (digest, other))
        above = match_bundle(session, base) if base is not None else nearest_above(session, ours, theirs)
        new = merged(get_bundle(session, above).bundle, ours.bundle, theirs.bundle)
        made = add_bundle(
            session, new, author=workspace.user, author_kind="person", parent=ours.digest, merged=[theirs.digest],
            note="merged",
        )  # fmt: skip
        view = bundle_view(session, made)
    if as_json:
        print_json(view)
    else:
        say(f"{made} is a draft now, of both; look: strop bundles diff {short(made)}")


@bundles.command("import")
@click.argument("file", type=click.File("r", encoding="utf-8"))
@click.option("--also", metavar="DIGEST", multiple=True, help="Another version that it was made from (a merge).")
@with_json
@in_workspace
def import_(file: TextIO, also: tuple[str, ...], as_json: bool, folder: Path | None) -> None:
    """Take a version from a FILE (or -) into the registry, as a draft.

    A file that was edited is a new version, whose parent is the one it was written as; the old one stays as it is.
    """
    from agents.prompts.files import read_file
    from agents.prompts.store import add_bundle, find_bundles, match_bundle
    from agents.service.views import bundle_view
    from traces.ids import short

    try:
        text = file.read()
    except UnicodeDecodeError as error:
        raise click.BadParameter(f"{file.name} is not UTF-8", param_hint="FILE") from error
    read = read_file(text, file.name)
    workspace = load_settings(folder)
    with ledger(workspace) as database, database.writing() as session:
        there = bool(find_bundles(session, [read.bundle.digest]))
        parents = (read.digest,) if read.edited and read.digest else read.parents
        parents += tuple(match_bundle(session, one) for one in also)
        note = f"imported from {file.name}" if read.edited else read.note
        digest = add_bundle(
            session, read.bundle, author=workspace.user, author_kind="person", note=note,
            parent=next(iter(parents), None), merged=parents[1:],
        )  # fmt: skip
        view = bundle_view(session, digest)
    if as_json:
        print_json(view)
        return
    what = "was here already" if there else "is a draft now"
    say(f"{digest} {what}" + (f"; the file was edited since {short(read.digest)}" if read.edited else ""))
