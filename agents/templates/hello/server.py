"""An MCP server of its own: the opening hours, the menu and the table book of a small café."""

import json
from pathlib import Path

from mcp.server.mcpserver import MCPServer
from mcp.types import ToolAnnotations

server = MCPServer("cafe")

BOOK = Path(".strop/tables.jsonl")
HOURS = {
    "monday": "closed", "tuesday": "9-18", "wednesday": "9-18", "thursday": "9-18",
    "friday": "9-22", "saturday": "10-22", "sunday": "10-17",
}  # fmt: skip
MENU = {
    "lentil soup": 6.50, "onion tart": 8.90, "cheese cake": 4.20, "plum cake": 3.90,
    "coffee": 2.80, "oat milk coffee": 3.30, "apple juice": 3.10, "ginger tea": 3.40,
}  # fmt: skip


@server.tool(annotations=ToolAnnotations(read_only_hint=True))
def opening_hours(weekday: str) -> str:
    """Opening hours on a weekday, such as `friday`."""
    hours = HOURS.get(weekday.strip().lower())
    return f"{weekday}: {hours}" if hours else f"There is no weekday {weekday!r}."


@server.tool(annotations=ToolAnnotations(read_only_hint=True))
def find_dish(word: str) -> list[str]:
    """Dishes and drinks whose name has this word in it, with their price in euros."""
    wanted = word.strip().lower()
    return [f"{dish}: {price:.2f}" for dish, price in MENU.items() if wanted in dish]


@server.tool()
def book_table(weekday: str, hour: int, people: int) -> str:
    """Book a table for some people at a full hour (0-23) of a weekday."""
    hours = HOURS.get(weekday.strip().lower(), "closed")
    if hours == "closed":
        return f"We are closed on {weekday}."
    opens, closes = (int(part) for part in hours.split("-"))
    if not opens <= hour < closes:
        return f"On {weekday} we are open {hours}."
    BOOK.parent.mkdir(exist_ok=True)
    with BOOK.open("a", encoding="utf-8") as file:
        file.write(json.dumps({"weekday": weekday.lower(), "hour": hour, "people": people}) + "\n")
    return f"A table for {people} is booked on {weekday} at {hour}."


if __name__ == "__main__":
    server.run("stdio")
