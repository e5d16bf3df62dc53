"""Labs as folders: found by name, copied to the learner, never overwriting work."""

import pytest

from kit.errors import LabError
from kit.lab.folder import Folder, copy, find, labs, renew


def test_the_kits_labs_are_found():
    assert [folder.name for folder in labs()][:2] == ["00-quick-start", "01-congress-policies"]


def test_a_part_of_a_name_is_enough():
    assert find("quick").name == "00-quick-start"


def test_a_copy_is_made_and_made_anew_only_where_nothing_was_changed(folder, tmp_path):
    home = tmp_path / "mine"
    assert copy(home, folder.parent) == []
    steps = home / folder.name / "steps.py"
    steps.write_text(steps.read_text() + "# mine\n")
    (folder / "cloud.yaml").write_text("random_seed: 2\n")
    assert copy(home, folder.parent) == []
    assert (home / folder.name / "cloud.yaml").read_text() == "random_seed: 2\n"
    assert steps.read_text().endswith("# mine\n")


def test_a_new_version_of_a_changed_file_is_put_beside_it_once(folder, tmp_path):
    home = tmp_path / "mine"
    copy(home, folder.parent)
    mine = home / folder.name / "cloud.yaml"
    mine.write_text("random_seed: 9\n")
    (folder / "cloud.yaml").write_text("random_seed: 2\n")
    assert "cloud.new.yaml beside it" in copy(home, folder.parent)[0]
    assert copy(home, folder.parent) == []
    assert mine.read_text() == "random_seed: 9\n"


def test_a_renewed_lab_keeps_the_old_one(folder, tmp_path):
    home = tmp_path / "mine"
    copy(home, folder.parent)
    (home / folder.name / "cloud.yaml").write_text("random_seed: 9\n")
    kept = renew(home, folder.name, folder.parent)
    assert (kept / "cloud.yaml").read_text() == "random_seed: 9\n"
    assert (home / folder.name / "cloud.yaml").read_text() != "random_seed: 9\n"


@pytest.mark.parametrize(
    ("steps", "what"),
    [
        ("x = 1\n", "no steps here"),
        ("import nosuch\n", "cannot be loaded: ModuleNotFoundError"),
        (
            "from kit.lab import Step\nclass A(Step):\n    name = 'a'\nclass B(Step):\n    name = 'a'\n",
            "two steps are called 'a'",
        ),
    ],
)
def test_a_broken_folder_says_what_is_wrong(folder, steps, what):
    (folder / "steps.py").write_text(steps)
    with pytest.raises(LabError, match=what):
        Folder(folder).steps()


def test_a_notebook_finds_the_lab_of_its_own_folder(folder, home, monkeypatch):
    (home / folder.name).mkdir()
    (home / folder.name / "steps.py").write_text("")
    monkeypatch.chdir(folder)
    assert find(folder.name).path == folder
