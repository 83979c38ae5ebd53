"""The shape of the code, as far as a program can check it; the import contracts in pyproject.toml are its other half.

1. What must start fast loads nothing heavy.
2. No import goes round in a circle.
3. The environment is read in one place, the database engine made in one place.
4. Example and shipped MCP servers are programs of their own; the optimizer has no hand in decisions.
5. Names and docstrings tell a newcomer what a file is for; no file grows past one idea.
6. The packages we import are ours.
"""

import ast
import graphlib
import importlib.util
import json
import statistics
import subprocess
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("traces", "tools", "agents", "optimizer", "tui")

# ── 1. what must start fast ──

LIGHT = ("tui.cli", "tui.client", "agents.service.wire", "agents.whereabouts")
HEAVY = {"textual", "dspy", "fastapi", "sqlalchemy", "pydantic_ai", "xllamacpp", "mcp", "scipy", "numpy"}


READERS = ("agents.config", "agents.service.views", "agents.service.waiting", "traces.losses")
RUNNING = HEAVY - {"sqlalchemy"}
"""What only a run, a night or a screen needs: a command that reads the ledger starts in half the time without."""


@pytest.mark.parametrize(
    ("module", "heavy"), [*((one, HEAVY) for one in LIGHT), *((one, RUNNING) for one in READERS)]
)
def test_light_modules_load_nothing_heavy(module: str, heavy: set[str]) -> None:
    """The command line answers at once, and the app and its client need no runtime: in a fresh process."""
    program = f"import {module}, json, sys; print(json.dumps([name.split('.')[0] for name in sys.modules]))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    loaded = set(json.loads(done.stdout.splitlines()[-1]))
    assert not loaded & heavy, f"importing {module} loads {sorted(loaded & heavy)}; import them where they are used"


# ── 2. no circles ──


def test_no_import_cycle() -> None:
    """Every module can be read knowing only those it imports; imports inside functions count too."""
    graph = grimp.build_graph(*ROOMS, exclude_type_checking_imports=True, cache_dir=None)
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    try:
        graphlib.TopologicalSorter(imports).prepare()
    except graphlib.CycleError as error:
        pytest.fail("an import cycle: " + " <- ".join(error.args[1]))


# ── 3. one place for the environment, one for the engine ──

ENVIRONMENT_READERS = {
    "agents/config.py": "the one reader of settings",
    "agents/whereabouts.py": "where a service is, for programs that only show one: a screen must not load a runtime",
    "agents/models/engine.py": "sets, never reads, OpenMP's variables: libgomp looks at them only when it is loaded",
}
ENVIRONMENT_NAMES = {"environ", "environb", "getenv", "getenvb", "putenv"}


def test_only_config_reads_the_environment() -> None:
    """Nothing outside the settings can change what a run does, so two machines with one file behave alike."""
    readers = {
        f"{path}:{node.lineno}"
        for path, tree in _our_trees()
        if path not in ENVIRONMENT_READERS
        for node in ast.walk(tree)
        if isinstance(node, ast.expr | ast.stmt) and _names_the_environment(node)
    }
    assert not readers, f"take the value as an argument instead, and read it in agents/config.py: {sorted(readers)}"


def _names_the_environment(node: ast.AST) -> bool:
    match node:
        case ast.Attribute(value=ast.Name(id="os"), attr=name):
            return name in ENVIRONMENT_NAMES
        case ast.ImportFrom(module="os", names=names):
            return any(alias.name in ENVIRONMENT_NAMES for alias in names)
        case _:
            return False


def test_only_one_place_makes_an_engine() -> None:
    """Pragmas, isolation and told errors hold for every connection because there is no second way to get one."""
    makers = {
        path
        for path, tree in _our_trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and _called_name(node) in {"create_engine", "create_async_engine"}
    }
    assert makers <= {"traces/db.py"}


def _called_name(call: ast.Call) -> str:
    match call.func:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
        case _:
            return ""


# ── 4. who may not have what ──


SERVERS = ("examples", "tools/servers", "agents/templates")


def test_servers_import_nothing_of_ours() -> None:
    """An MCP server we ship or show can be copied out of the repository and still runs."""
    files = [path for place in SERVERS for path in ROOT.glob(f"{place}/**/*.py")]
    guilty = {
        f"{path.relative_to(ROOT)} imports {name}"
        for path in files
        for name in _imported_roots(ast.parse(path.read_text(encoding="utf-8")))
        if name in ROOMS
    }
    assert not guilty


def _imported_roots(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from (alias.name.split(".")[0] for alias in names)
            case ast.ImportFrom(module=str(module), level=0):
                yield module.split(".")[0]
            case _:
                pass


DECIDING = {"approve", "promote", "reject", "roll_back", "adopt_definition", "change_rules"}


def test_the_optimizer_takes_no_deciding_function() -> None:
    """A machine proposes; what makes a version live is not even imported where candidates are made."""
    taken = {
        f"{path}:{node.lineno} {alias.name}"
        for path, tree in _our_trees()
        if path.startswith("optimizer/")
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "agents.prompts.decisions"
        for alias in node.names
        if alias.name in DECIDING
    }
    assert not taken


# ── 5. names, docstrings, sizes ──

NAMES_THAT_SAY_NOTHING = {
    "utils",
    "util",
    "helpers",
    "helper",
    "common",
    "misc",
    "models",
    "schemas",
    "types",
    "base",
}


def test_no_file_has_a_name_that_says_nothing() -> None:
    """A file is called after what it owns. (A model is a language model here: `agents/models/` is a room of them.)"""
    guilty = [path for path, _ in _our_trees() if Path(path).stem in NAMES_THAT_SAY_NOTHING]
    assert not guilty


def test_every_module_says_what_it_owns() -> None:
    """A module opens with a docstring; an empty `__init__.py` has nothing to say."""
    silent = [path for path, tree in _our_trees() if tree.body and not ast.get_docstring(tree)]
    assert not silent


@pytest.mark.parametrize("room", ROOMS)
def test_the_door_of_each_room_says_what_it_is_for_and_nothing_else(room: str) -> None:
    """No re-exports: that is where cycles start, and where a light import becomes a heavy one."""
    tree = ast.parse((ROOT / room / "__init__.py").read_text(encoding="utf-8"))
    assert ast.get_docstring(tree)
    assert len(tree.body) == 1


def test_files_stay_one_idea_long() -> None:
    """Files of at most 450 lines at the ninth decile and 150 in the median; none beyond 600."""
    lengths = {path: text.count("\n") for path, text in _our_texts() if Path(path).name != "__init__.py"}
    longest = sorted(lengths.items(), key=lambda item: -item[1])[:8]
    report = ", ".join(f"{path} {lines}" for path, lines in longest)
    assert max(lengths.values()) <= 600, f"look for the second idea in the longest of these: {report}"
    assert _ninth_decile(lengths.values()) <= 450, report
    assert statistics.median(lengths.values()) <= 150, report


def test_functions_stay_one_thought_long() -> None:
    """Functions of at most 32 lines at the ninth decile; none beyond 80."""
    lengths = {
        f"{path}:{node.lineno} {node.name}": (node.end_lineno or node.lineno) - node.lineno + 1
        for path, tree in _our_trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    longest = sorted(lengths.items(), key=lambda item: -item[1])[:8]
    report = ", ".join(f"{name} {lines}" for name, lines in longest)
    assert max(lengths.values()) <= 80, f"look for the second thought in the longest of these: {report}"
    assert _ninth_decile(lengths.values()) <= 32, report


def _ninth_decile(values: Iterable[int]) -> float:
    return statistics.quantiles(values, n=10)[-1]


# ── 6. ours ──


@pytest.mark.parametrize("room", ROOMS)
def test_the_packages_imported_are_ours(room: str) -> None:
    """Neither a package from the index called `agents` (there is one) nor a folder of tests hides a room of ours."""
    spec = importlib.util.find_spec(room)
    assert spec is not None
    assert spec.origin == str(ROOT / room / "__init__.py")


def test_every_folder_of_tests_is_a_package() -> None:
    """Without its `__init__.py`, `tests/agents` would be imported as `agents`."""
    bare = {path.parent for path in (ROOT / "tests").rglob("*.py") if not (path.parent / "__init__.py").exists()}
    assert not bare


# ── reading the source ──


@cache
def _our_texts() -> tuple[tuple[str, str], ...]:
    """Every source file of the five rooms, as (path from the root, text)."""
    files = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
    return tuple((path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")) for path in files)


@cache
def _our_trees() -> tuple[tuple[str, ast.Module], ...]:
    return tuple((path, ast.parse(text, path)) for path, text in _our_texts())
