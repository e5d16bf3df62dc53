"""`kit migrate drain` and what it says of a wrong argument."""


def test_a_cloud_that_is_not_configured(kit, tmp_path, monkeypatch):
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(tmp_path / "none.yaml"))
    code, _, said = kit("migrate", "drain", "compute-1", "--cloud", "nosuch")
    assert code == 2 and "Give --cloud a name that clouds.yaml has." in said and "Traceback" not in said
