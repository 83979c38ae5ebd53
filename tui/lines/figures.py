"""Figures as people read them: ages, durations, tokens, money, digests, points. Pure; the clock is an argument."""

from datetime import datetime, timedelta

from tui.lines.cells import clip


def age(then: datetime, now: datetime) -> str:
    """How long ago, in at most four characters: `now`, `12s`, `5m`, `3h`, `9d`."""
    seconds = max((now - then).total_seconds(), 0)
    if seconds < 1:
        return "now"
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "m")):
        if seconds >= size:
            return f"{int(seconds // size)}{unit}"
    return f"{int(seconds)}s"


def moment(then: datetime, now: datetime) -> str:
    """A time in local terms of the clock given: `14:05:07` today, `03-12 14:05` else."""
    then = then.astimezone(now.tzinfo)
    return f"{then:%H:%M:%S}" if then.date() == now.date() else f"{then:%m-%d %H:%M}"


def time_of(text: str, now: datetime) -> datetime | None:
    """The time that a person means: `14:05`, `03-12 14:05`, `2026-03-12`, `2h` (ago); None when it is none.

    A time of day without a date is the last one that has been.
    """
    text = text.strip().removeprefix("-")
    unit = {"m": "minutes", "h": "hours", "d": "days"}.get(text[-1:])
    if unit and text[:-1].isdigit():
        return now - timedelta(**{unit: min(int(text[:-1]), 100_000)})
    for form in ("%H:%M", "%H:%M:%S", "%m-%d %H:%M", "%m-%d", "%Y-%m-%d", "%Y-%m-%d %H:%M"):
        # Where no year was said ours is put in front, or strptime would take a year without 29 February.
        said = (text, form) if "%Y" in form else (f"{now.year} {text}", f"%Y {form}")
        try:
            found = datetime.strptime(*said).replace(tzinfo=now.tzinfo)
        except ValueError:
            continue
        if "%d" not in form:
            found = found.replace(month=now.month, day=now.day)
            found -= timedelta(days=1) if found > now else timedelta()
        return found
    return None


def duration(seconds: float | None) -> str:
    """A duration in at most six characters; `-` when it is not known."""
    if seconds is None:
        return "-"
    if seconds < 10:
        return f"{seconds:.1f}s"
    if seconds < 100:
        return f"{seconds:.0f}s"
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}m{rest:02d}" if minutes < 60 else f"{minutes // 60}h{minutes % 60:02d}"


def count(number: int) -> str:
    """A count in at most five characters: `812`, `12.3k`, `1.2M`."""
    if number < 10_000:
        return str(number)
    return f"{number / 1000:.1f}k" if number < 1_000_000 else f"{number / 1_000_000:.1f}M"


def of(number: int, noun: str) -> str:
    """A number of things: `1 step`, `3 steps`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def tokens(given: int, written: int) -> str:
    """Tokens in and out: `812>96`."""
    return f"{count(given)}>{count(written)}"


def money(cost: float | None) -> str:
    """US dollars; `-` where no price is known, which is not the same as free."""
    if cost is None:
        return "-"
    if cost == 0:
        return "$0"
    return f"${cost:.4f}" if cost < 0.1 else f"${cost:.2f}"


def short(name: str) -> str:
    """Enough of a digest or an id for people to tell two apart: 12 characters."""
    if name.startswith("sha256:"):
        return name[7:19]
    head, _, tail = name.partition("_")
    return tail[-12:] if tail else clip(head, 12)


def percent(share: float) -> str:
    """A share of one as a percentage."""
    return f"{100 * share:.1f}%"


def points(delta: float) -> str:
    """A difference of shares in points, always signed."""
    return f"{100 * delta:+.1f}"
