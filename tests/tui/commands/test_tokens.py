"""`strop tokens`: what is printed once, what is listed, what is refused."""

from pathlib import Path

from agents.access.roles import ROLES
from tests.tui.commands.workshop import Shell
from tui.commands import tokens


def test_the_help_names_the_roles_there_are() -> None:
    """Without importing them."""
    assert tuple(ROLES) == tokens.ROLES


def test_a_token_is_given_listed_and_taken_back(strop: Shell, root: Path) -> None:
    """Its secret is in the answer to `create` alone."""
    made = strop.json("tokens", "create", "shop front", "--role", "app", "--agent", "plain", "--expires", "4w")
    assert made["secret"].startswith(f"strop_{made['id']}_")
    (listed,) = strop.json("tokens", "list")
    assert "secret" not in listed
    assert (listed["name"], listed["agents"], listed["standing"]) == ("shop front", ["plain"], "valid")
    assert "shop front" in strop("tokens", "list").stdout
    assert strop.json("tokens", "revoke", made["id"], "--reason", "lost")["standing"] == "revoked"


def test_what_cannot_be_given_is_told(strop: Shell, root: Path) -> None:
    """An agent that is not there, a length that is none, a keyboard that may not."""
    assert "no agent 'nobody'" in strop.told("tokens", "create", "x", "--role", "app", "--agent", "nobody", code=2)
    assert "length of time" in strop.told("tokens", "create", "x", "--role", "app", "--expires", "soon", code=2)
    toml = root / "strop.toml"
    toml.write_text(toml.read_text() + '\n[access]\nlocal_role = "operator"\n')
    assert "may not give tokens out" in strop.told("tokens", "create", "x", "--role", "admin", code=2)
    assert strop.json("tokens", "list") == []
