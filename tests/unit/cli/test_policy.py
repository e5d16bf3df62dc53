"""`kit policy`: audits of files and clouds, with positions, proofs, findings and tests."""

import json

import pytest
import yaml

from kit.cloud import Cloud

GOOD = 'off(n) :- nova:servers(name=n, status="SHUTOFF")\nerror(n) :- off(n), not allowed(n)\nallowed("db")\n'
BAD = "p(x :- q(x)\nr(x) :- nova:sevrers(id=x)\ns(x) :- t(y)\n"
SERVERS = "id,name,status\n1,web,ACTIVE\n2,old,SHUTOFF\n3,db,SHUTOFF\n"
CASES = """
- name: off is found
  tables: {"nova:servers": [{id: a, name: n, status: SHUTOFF}]}
  query: error
  only: [[n]]
"""


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "good.policy").write_text(GOOD)
    (tmp_path / "bad.policy").write_text(BAD)
    (tmp_path / "cases.yaml").write_text(CASES)
    (tmp_path / "dump" / "nova").mkdir(parents=True)
    (tmp_path / "dump" / "nova" / "servers.csv").write_text(SERVERS)
    return tmp_path


def test_a_violation_is_exit_code_1(kit, place):
    code, out, _ = kit("policy", "check", "good.policy", "--tables", "dump")
    assert code == 1 and "error: 1 row" in out and "old" in out


def test_without_violations_all_is_fine(kit, place):
    (place / "dump" / "nova" / "servers.csv").write_text("id,name,status\n1,web,ACTIVE\n")
    assert kit("policy", "check", "good.policy", "--tables", "dump")[0] == 0


def test_all_mistakes_of_a_file_are_told_with_their_positions(kit, place):
    code, _, err = kit("policy", "check", "bad.policy")
    assert code == 2
    for line in ("bad.policy:1:5: ", "bad.policy:2:9: ", "bad.policy:3:3: ", "3 mistakes"):
        assert line in err
    assert "Did you mean `nova:servers`?" in err


def test_machines_get_json(kit, place):
    code, out, _ = kit("policy", "check", "good.policy", "--tables", "dump", "--format", "json")
    assert code == 1 and json.loads(out) == {"error": [{"n": "old"}]}
    code, out, _ = kit("policy", "check", "bad.policy", "--format", "json")
    assert code == 2 and [item["line"] for item in json.loads(out)["mistakes"]] == [1, 2, 3]


def test_json_tables_and_library_policies(kit, place):
    (place / "dump" / "nova" / "servers.csv").unlink()
    (place / "dump" / "nova" / "servers.json").write_text('[{"name": "old", "status": "SHUTOFF"}]')
    rules = [{"rule": line, "name": f"r{number}"} for number, line in enumerate(GOOD.splitlines())]
    (place / "good.yaml").write_text(yaml.safe_dump({"name": "x", "rules": rules}))
    code, out, _ = kit("policy", "check", "good.yaml", "--tables", "dump")
    assert code == 1 and "old" in out


def test_a_real_cloud_is_read_by_its_name(kit, place, monkeypatch):
    # The SDK looks for the files of the folder it was imported in.
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(place / "clouds.yaml"))
    seed = {"flavors": [{"name": "f", "vcpus": 1, "ram": 1, "disk": 1}], "images": [{"name": "i"}],
            "servers": [{"name": "old", "flavor": "f", "image": "i", "networks": [], "state": "SHUTOFF"}]}  # fmt: skip
    cloud = Cloud.from_seed(seed)
    with cloud.serve() as server:
        (place / "clouds.yaml").write_text(yaml.safe_dump({"clouds": {"mine": cloud.clouds_yaml(server.auth_url)}}))
        code, out, _ = kit("policy", "check", "good.policy", "--cloud", "mine")
    assert code == 1 and "old" in out


def test_only_the_services_that_the_policies_name_are_read(kit, place, monkeypatch):
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(place / "clouds.yaml"))
    monkeypatch.setenv("OS_CLOUD", "mine")  # named by the environment, as openrc files do
    cloud = Cloud.from_seed({})
    with cloud.serve() as server:
        (place / "clouds.yaml").write_text(yaml.safe_dump({"clouds": {"mine": cloud.clouds_yaml(server.auth_url)}}))
        code, out, _ = kit("policy", "check", "good.policy")
    asked = {exchange.service for exchange in cloud.exchanges}
    assert code == 0 and "error: 0 rows" in out and asked <= {"identity", "compute"}


def test_a_table_that_no_file_gives_is_told(kit, place):
    (place / "more.policy").write_text("error(n) :- nova:servers(name=n, flavor_id=f), nova:flavors(id=f, vcpus=0)\n")
    code, _, err = kit("policy", "check", "more.policy", "--tables", "dump")
    assert code == 0 and "Warning: nova:flavors is not in dump; it is taken as empty." in err and "servers" not in err


def test_files_of_windows_and_cells_of_several_lines_are_read(kit, place):
    (place / "good.policy").write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    (place / "dump" / "nova" / "servers.csv").write_text('id,name,status\r\n1,"two\nlines",SHUTOFF\r\n', newline="")
    code, out, _ = kit("policy", "check", "good.policy", "--tables", "dump", "--format", "json")
    assert code == 1 and json.loads(out) == {"error": [{"n": "two\nlines"}]}


def test_a_long_line_is_quoted_in_part(kit, place):
    (place / "bad.policy").write_text("p(x) :- " + "q(x), " * 5000 + "r(\n")
    _, _, err = kit("policy", "check", "bad.policy")
    assert "…" in err and len(err) < 600


def test_a_row_is_proved_and_its_repairs_are_named(kit, place):
    code, out, _ = kit("policy", "explain", "good.policy", 'error("old")', "--tables", "dump", "--repairs")
    assert code == 0 and 'off("old")' in out and 'add allowed("old")' in out


def test_a_missing_row_is_explained(kit, place):
    code, out, _ = kit("policy", "explain", "good.policy", 'error("db")', "--tables", "dump")
    assert code == 1 and 'is there and must not be: allowed("db")' in out


def test_a_simulated_change(kit, place):
    arguments = (
        "policy",
        "simulate",
        "good.policy",
        "--query",
        "error(x)",
        "--tables",
        "dump",
        "--delta",
        "--sequence",
    )
    code, out, _ = kit(*arguments, 'allowed-("db")')
    assert code == 1 and out.strip() == 'error+("db")'
    assert kit(*arguments, 'allowed+("old")')[0] == 0


def test_the_linter_finds_what_is_legal_but_wrong(kit, place):
    (place / "smell.policy").write_text("p(x) :- neutronv2:ports(id=x, admin_state_up=False)\n")
    code, out, _ = kit("policy", "lint", "smell.policy")
    assert code == 1 and "smell.policy:1:" in out and "[constant-like]" in out
    assert kit("policy", "lint", "good.policy")[0] == 0


def test_cases_run_and_rules_without_a_case_are_named(kit, place):
    code, out, _ = kit("policy", "test", "good.policy", "cases.yaml")
    assert code == 0 and "1 passed, 0 failed; 2 of 2 rules exercised" in out
    (place / "cases.yaml").write_text(CASES.replace("[[n]]", "[]"))
    code, out, _ = kit("policy", "test", "good.policy", "cases.yaml")
    assert code == 1 and "FAILED: off is found" in out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("check", "nosuch"), "cannot be read: No such file"),
        (("check", "good.policy"), "nothing gives the tables of nova"),
        (("explain", "good.policy", "erorr(x)", "--tables", "dump"), "no table 'erorr'"),
        (("explain", "good.policy", "error(1,2)", "--tables", "dump"), "ATOM line 1, column 1"),
        (("simulate", "good.policy", "--query", "of(x)", "--sequence", "p+(1)"), "--query: the policies have no table"),
        (("check", "deep.yaml"), "nested too deeply"),
        (("check", "latin.policy"), "latin.policy:2: It is no text in UTF-8"),
        (("check", "large.policy"), "more than 8,388,608 bytes"),
        (("check", "good.policy", "--cloud", "nosuch"), "Cloud nosuch was not found"),
        (("check", "good.policy", "--tables", "nosuch"), "no such folder"),
        (("check", "good.policy", "--table", "of"), "define no table 'of'"),
        (("explain", "good.policy", "error("), "does not parse"),
        (("test", "good.policy", "bad.policy"), "list of cases"),
    ],
)
def test_a_users_mistake_is_one_message_and_exit_code_2(kit, place, monkeypatch, arguments, says):
    for name in ("OS_CLOUD", "OS_AUTH_URL"):
        monkeypatch.delenv(name, raising=False)
    (place / "deep.yaml").write_text("a: " + "[" * 3000 + "]" * 3000)
    (place / "latin.policy").write_bytes(b'# 1\np("caf\xe9")\n')
    with (place / "large.policy").open("wb") as file:
        file.truncate(9 * 1024 * 1024)
    code, _, err = kit("policy", *arguments)
    assert code == 2 and says in err and "Traceback" not in err


def test_a_cell_too_many_is_told_with_its_line(kit, place):
    (place / "dump" / "nova" / "servers.csv").write_text("id,name\n1,web\n2,old,SHUTOFF\n")
    code, _, err = kit("policy", "check", "good.policy", "--tables", "dump")
    assert code == 2 and "servers.csv:3" in err
