"""An error says what, where and what to do."""

from kit.errors import KitError


def test_text_names_place_and_remedy() -> None:
    error = KitError("no such flavor", where="cloud.yaml:12", todo="Add it under `flavors:`.")
    assert str(error) == "cloud.yaml:12: no such flavor\nAdd it under `flavors:`."
    assert (error.what, error.where, error.todo) == ("no such flavor", "cloud.yaml:12", "Add it under `flavors:`.")
