"""Where labs are, what a lab's folder holds, and the learner's own copies."""

from __future__ import annotations

import difflib
import hashlib
import importlib.util
import json
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from kit.errors import LabError
from kit.lab.step import Step

HOME = "KIT_LAB_HOME"
# The hashes of our versions of the copied files: what differs from them, the learner has changed.
LEDGER = ".kit/originals.json"


@dataclass(frozen=True)
class Folder:
    """One lab's folder.

    Attributes
    ----------
    path : Path
        It holds the notebook, `steps.py` and `cloud.yaml`.
    """

    path: Path

    @property
    def name(self) -> str:
        """`01-congress-policies`."""
        return self.path.name

    @property
    def notebook(self) -> Path:
        """The lab's notebook."""
        slug = self.name.partition("-")[2] or self.name
        return self.path / f"{slug}.ipynb"

    @property
    def seed(self) -> Path:
        """The cloud that the lab starts from."""
        return self.path / "cloud.yaml"

    def title(self) -> str:
        """The notebook's first heading, or the name in words."""
        try:
            cells = json.loads(self.notebook.read_text(encoding="utf-8"))["cells"]
        except (OSError, ValueError, KeyError):
            cells = []
        for cell in cells:
            text = "".join(cell["source"])
            if cell["cell_type"] == "markdown" and text.startswith("# "):
                return text.splitlines()[0][2:].strip()
        return self.name.partition("-")[2].replace("-", " ").capitalize()

    def steps(self) -> list[Step]:
        """The lab's steps, in order: those of `STEPS` in `steps.py`, or the classes it defines.

        A long lab keeps its steps in several files of its folder: `from .find import Tables` works in `steps.py`.

        Raises
        ------
        LabError
            When `steps.py` is missing or broken.
        """
        module = self._module()
        listed = getattr(module, "STEPS", None)
        found = list(listed) if listed is not None else [
            value for value in vars(module).values()
            if isinstance(value, type) and issubclass(value, Step) and value.__module__ == module.__name__ and hasattr(value, "name")
        ]  # fmt: skip
        if not found:
            raise LabError(
                "no steps here", where=str(self.path / "steps.py"), todo="Give it a subclass of kit.lab.Step."
            )
        names = [step.name for step in found]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice:
            raise LabError(f"two steps are called {twice!r}", where=str(self.path / "steps.py"), todo="Rename one.")
        return [step() for step in found]

    def _module(self) -> ModuleType:
        file = self.path / "steps.py"
        # The folder is a package of its own, made anew each time: a learner may have changed a file.
        package = f"kit_lab_{self.name.replace('-', '_')}_{hashlib.sha256(str(self.path).encode()).hexdigest()[:8]}"
        for name in [name for name in sys.modules if name == package or name.startswith(f"{package}.")]:
            del sys.modules[name]
        sys.modules[package] = ModuleType(package)
        sys.modules[package].__path__ = [str(self.path)]
        spec = importlib.util.spec_from_file_location(f"{package}.steps", file)
        if spec is None or spec.loader is None or not file.is_file():
            raise LabError(
                "there is no steps.py", where=str(self.path), todo="`kit new-lab NAME` makes a folder that has all."
            )
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module
        try:
            spec.loader.exec_module(module)
        except Exception as error:
            raise LabError(f"steps.py cannot be loaded: {type(error).__name__}: {error}", where=str(file)) from error
        return module


def shipped() -> Path:
    """The folder of the labs that come with the kit: in a checkout, or inside the installed package."""
    package = Path(__file__).parents[1]
    for path in (package.parent / "labs", package / "_labs"):
        if path.is_dir():
            return path
    raise LabError(
        "the kit's labs are not here",
        where=str(package),
        todo="Install the kit again: pip install openstack-labkit[lab].",
    )


def labs(root: Path | None = None) -> list[Folder]:
    """All labs below a folder, by name; default those that come with the kit."""
    root = root or shipped()
    return [Folder(path) for path in sorted(root.iterdir()) if (path / "steps.py").is_file()]


def find(name: str, root: Path | None = None) -> Folder:
    """The lab of that name; also a path, or a part of the name.

    A notebook runs in its lab's folder, so that one comes first; then the learner's copy, then the kit's own.

    Raises
    ------
    LabError
        When there is none; the text suggests one.
    """
    if (Path(name) / "steps.py").is_file():
        return Folder(Path(name).resolve())
    here = Path.cwd()
    if root is None and here.name == name and (here / "steps.py").is_file():
        return Folder(here)
    home = os.environ.get(HOME)
    roots = [root] if root else [*([Path(home)] if home and Path(home).is_dir() else []), shipped()]
    known: list[Folder] = []
    for place in roots:
        known += labs(place)
    for folder in known:
        if folder.name == name:
            return folder
    parts = {folder.name: folder for folder in reversed(known) if name in folder.name}
    if len(parts) == 1:
        return next(iter(parts.values()))
    names = sorted({folder.name for folder in known})
    close = difflib.get_close_matches(name, names, 1)
    todo = f"Did you mean {close[0]!r}?" if close else f"There are: {', '.join(names) or 'none'}."
    raise LabError(f"there is no lab {name!r}", todo=todo)


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def copy(home: Path, root: Path | None = None) -> list[str]:
    """Copy the labs to the learner's folder; what the learner has changed is never overwritten.

    Returns
    -------
    list of str
        What a learner should know: files whose new version was put beside a changed one.
    """
    root = root or shipped()
    ledger_file = home / LEDGER
    try:
        ledger: dict[str, str] = json.loads(ledger_file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        ledger = {}
    said: list[str] = []
    try:
        for folder in labs(root):
            for source in sorted(folder.path.rglob("*")):
                if source.is_dir() or "__pycache__" in source.parts or ".ipynb_checkpoints" in source.parts:
                    continue
                name = str(source.relative_to(root))
                said += _copy_one(source, home / name, name, ledger)
        ledger_file.parent.mkdir(parents=True, exist_ok=True)
        ledger_file.write_text(json.dumps(ledger, indent=1, sort_keys=True), encoding="utf-8")
    except OSError as error:
        raise LabError(
            f"cannot copy the labs: {error}", where=str(home), todo="Choose another folder with --dir."
        ) from error
    return said


def _copy_one(source: Path, target: Path, name: str, ledger: dict[str, str]) -> list[str]:
    fresh = _hash(source)
    target.parent.mkdir(parents=True, exist_ok=True)
    if not target.exists() or _hash(target) in (fresh, ledger.get(name)):
        if not target.exists() or _hash(target) != fresh:
            shutil.copyfile(source, target)
        ledger[name] = fresh
        return []
    if ledger.get(name) == fresh:
        return []  # the learner's own work on the version we have
    beside = target.with_name(f"{target.stem}.new{target.suffix}")
    shutil.copyfile(source, beside)
    ledger[name] = fresh
    return [f"{name} has a new version; yours is kept, the new one is {beside.name} beside it."]


def renew(home: Path, name: str, root: Path | None = None) -> Path:
    """Give the learner a fresh copy of one lab; the old one is kept beside it.

    Returns
    -------
    Path
        Where the old one is.
    """
    folder = find(name, root or shipped())
    target = home / folder.name
    number = 1
    while (kept := home / ".kit" / "kept" / f"{folder.name}-{number}").exists():
        number += 1
    if target.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(str(target), str(kept))
    copy(home, root)
    return kept
