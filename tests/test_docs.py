"""The pages in docs/ leave nothing out: every setting that exists is described, and none that does not."""

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from agents.definitions import FieldCheck, Metric, StropBlock, load_definition
from agents.errors import StropError
from agents.prompts.bundle import Delegate, Demonstration, Limits, ToolAccess
from agents.sections import Config
from tools.policies import Policy
from tui.commands import telling

ROOT = Path(__file__).parent.parent
WORKSPACE = (ROOT / "docs" / "workspace.md").read_text(encoding="utf-8")
SECTIONS = [field.annotation for field in Config.model_fields.values()]

PARTS = [Policy, StropBlock, Metric, FieldCheck, Limits, ToolAccess, Delegate, Demonstration]


@pytest.mark.parametrize("shape", [*SECTIONS, *PARTS], ids=lambda shape: shape.__name__)
def test_every_key_is_described(shape: type[BaseModel]) -> None:
    """What can be written in strop.toml or in an agent's file is on the page."""
    assert not [key for key in shape.model_fields if not re.search(rf"[`{{ ]{key}[`:]", WORKSPACE)]


def test_every_variable_is_described() -> None:
    """The environment variables on the page are those that the two readers of the environment read."""
    readers = "".join(
        (ROOT / "agents" / name).read_text(encoding="utf-8") for name in ("config.py", "whereabouts.py")
    )
    read = set(re.findall(r'"(STROP_[A-Z_]+)"', readers))
    assert set(re.findall(r"STROP_[A-Z_]+", WORKSPACE)) == read


def test_the_example_of_an_agent_is_one(tmp_path: Path) -> None:
    """The agent's file on the page can be copied."""
    (tmp_path / "desk.yaml").write_text(WORKSPACE.split("```yaml\n")[1].split("```")[0], encoding="utf-8")
    assert load_definition(tmp_path / "desk.yaml").name == "desk"


def test_every_exit_code_is_described() -> None:
    """What a script must tell apart is on the page, and the page has no code that nothing ends with."""
    page = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
    described = {int(code) for code in re.findall(r"^\| (\d+) \|", page, re.MULTILINE)}
    kinds = [StropError]
    for kind in kinds:
        kinds += kind.__subclasses__()
    told = {telling.USAGE, telling.MODEL, telling.SERVER, telling.LEDGER, telling.BUG, telling.INTERRUPTED}
    assert described == {0, *(kind.exit_code for kind in kinds), *told}
