"""Imports go down the floors, or stay within their own package; never up or across."""

import ast
from pathlib import Path

import pytest

KIT = Path(__file__).parents[2] / "kit"

FLOORS = {
    "errors": 0,
    "ink": 0,
    **dict.fromkeys(("policy", "hot", "migration", "scheduling", "clustering", "guidelines"), 1),
    **dict.fromkeys(("cloud", "views"), 2),
    **dict.fromkeys(("lab", "upgrade"), 3),
    "cli": 4,
}


def room(module: str) -> str:
    """The package below `kit` that a dotted name belongs to."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else ""


def imports(path: Path) -> list[str]:
    """The dotted names below `kit` that a file imports, wherever in the file."""
    own = ["kit", *path.relative_to(KIT).with_suffix("").parts]
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(own[: -node.level]) if node.level else ""
            stem = ".".join(part for part in (base, node.module) if part)
            found += [f"{stem}.{alias.name}" if stem == "kit" else stem for alias in node.names]
    return [name for name in found if name.split(".")[0] == "kit"]


def climbs(importer: str, imported: str) -> bool:
    """Whether an import between two rooms goes up or across."""
    return importer != imported and FLOORS[imported] >= FLOORS[importer]


@pytest.mark.parametrize("path", sorted(KIT.rglob("*.py")), ids=lambda p: str(p.relative_to(KIT)))
def test_imports_never_go_up(path: Path) -> None:
    own = room(".".join(["kit", *path.relative_to(KIT).with_suffix("").parts]))
    if own == "__init__":
        assert not imports(path), "kit/__init__.py imports nothing, so that `import kit` stays light"
        return
    wrong = [name for name in imports(path) if room(name) in FLOORS and climbs(own, room(name))]
    assert not wrong, f"{path.name} imports {wrong} from its own floor or above"


def test_every_room_has_a_floor() -> None:
    rooms = {p.stem for p in KIT.iterdir() if p.name not in ("__init__.py", "__pycache__", "_labs")}
    assert rooms <= set(FLOORS), f"give {rooms - set(FLOORS)} a floor"


def test_a_climbing_import_is_seen() -> None:
    assert climbs("policy", "cloud")
    assert climbs("cloud", "views")
    assert not climbs("lab", "cloud")
    assert not climbs("cloud", "cloud")
