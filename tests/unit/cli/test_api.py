"""`kit api`: descriptions, traffic and services judged, versions compared, rules shown."""

import io
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

GOOD = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {}}
BAD = GOOD | {"paths": {"/ports": {"post": {"responses": {"501": {"description": "d"}}}}}}
EXCHANGE = {
    "service": "network", "method": "GET", "path": "/ports", "status": 501, "request_headers": {},
    "request_body": "", "response_headers": {}, "response_body": "",
}  # fmt: skip


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, data in (("good.json", GOOD), ("bad.json", BAD), ("record.json", [EXCHANGE])):
        (tmp_path / name).write_text(json.dumps(data))
    (tmp_path / "nan.json").write_text(json.dumps(GOOD | {"x": float("nan")}))
    (tmp_path / "latin.json").write_bytes(b'{"openapi": "caf\xe9"}')
    (tmp_path / "ex.json").write_text('{"exchanges": [{"status": 200}]}')
    entry = {"request": {"method": "GET", "url": "http://a/ports"}, "response": {"status": 501}}
    (tmp_path / "net.har").write_text(json.dumps({"log": {"entries": [entry]}}))
    return tmp_path


def test_nothing_found_is_exit_code_0(kit, place):
    code, out, err = kit("api", "audit", "good.json")
    assert (code, out) == (0, "nothing found\n") and "nothing was judged" in err


def test_a_description_may_come_through_a_pipe(kit, place, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(json.dumps(BAD).encode())))
    code, out, _ = kit("api", "audit", "-", "--format", "json")
    assert code == 1 and json.loads(out)["source"] == "standard input"


@pytest.mark.parametrize("file", ["bad.json", "record.json", "net.har"])
def test_findings_are_exit_code_1(kit, place, file):
    code, out, _ = kit("api", "audit", file)
    assert code == 1 and "RC-18 MUST" in out


def test_only_what_is_grave_enough_fails(kit, place):
    assert kit("api", "audit", "bad.json", "--rule", "DO-*", "--fail-on", "error")[0] == 0
    assert kit("api", "audit", "bad.json", "--rule", "RC-18", "--fail-on", "error")[0] == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["audit", "none.json"], ["audit", "good.json", "--config", "none.yaml"], ["audit", "bad.json", "--rule", "XX-*"],
        ["audit", "http://127.0.0.1:9/"], ["audit", "http://["], ["diff", "good.json", "none.json"], ["rules", "XX-01"],
        ["audit", "ftp://a/b.yaml"], ["audit", "nan.json"], ["audit", "latin.json"], ["audit", "ex.json"],
        ["audit", "http://127.0.0.1:9/", "--timeout", "nan"], ["audit", "http://127.0.0.1:9/", "--timeout", "0"],
        ["audit", "http://127.0.0.1:9/", "--header", "x"], ["audit", "good.json", "--output", "no/such/folder"], ["audit"],
    ],
)  # fmt: skip
def test_a_wrong_call_is_exit_code_2_and_one_clear_message(kit, place, arguments):
    code, out, err = kit("api", *arguments)
    assert code == 2 and out == "" and "Traceback" not in err and err


@pytest.mark.parametrize(
    ("form", "sign"), [("json", '"rule": "RC-18"'), ("sarif", '"version": "2.1.0"'), ("junit", "<testsuite")]
)
def test_formats_are_written_to_a_file(kit, place, form, sign):
    code, out, _ = kit("api", "audit", "bad.json", "--format", form, "--output", "found")
    assert code == 1 and sign in (place / "found").read_text() and "error" in out


def test_a_baseline_is_written_and_kept_to(kit, place):
    code, _, err = kit("api", "audit", "bad.json", "--write-baseline", "known.json")
    assert code == 0 and "written to known.json" in err
    code, out, _ = kit("api", "audit", "bad.json", "--baseline", "known.json")
    assert code == 0 and "in the baseline" in out


def test_the_baseline_of_the_configuration_is_written_whole_each_time(kit, place):
    (place / "kit-api.yaml").write_text("baseline: known.json\n")
    for _ in range(2):
        assert kit("api", "audit", "bad.json", "--write-baseline", "known.json")[0] == 0
        assert kit("api", "audit", "bad.json")[0] == 0


def test_a_configuration_in_the_folder_is_used(kit, place):
    (place / "kit-api.yaml").write_text("rules: {'*': off}")
    assert kit("api", "audit", "bad.json")[0] == 0


def test_versions_are_compared(kit, place):
    code, out, _ = kit("api", "diff", "good.json", "bad.json")
    assert code == 1 and "IO-01" in out
    assert kit("api", "diff", "good.json", "bad.json", "--raised")[0] == 0
    assert kit("api", "diff", "good.json", "bad.json", "--said", "a security fix")[0] == 0


def test_rules_are_shown(kit):
    code, out, _ = kit("api", "rules")
    assert code == 0 and len(out.splitlines()) == 164
    code, out, _ = kit("api", "rules", "rc-01")
    assert code == 0 and "response-codes.html" in out
    assert json.loads(kit("api", "rules", "RC-01", "--format", "json")[1])["level"] == "MUST"


class Service(BaseHTTPRequestHandler):
    def do_GET(self):
        data = json.dumps(BAD if self.path == "/openapi.json" else []).encode()
        self.send_response(401 if self.path.startswith("/secret") else 200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args):
        pass


@pytest.fixture
def service():
    with HTTPServer(("127.0.0.1", 0), Service) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_service_that_wants_a_token_is_not_taken_as_judged(kit, place, service):
    _, _, err = kit("api", "audit", f"{service}/", "--path", "secrets")
    assert "GET /secrets with 401; what is behind was not judged. Give --token." in err
    assert "Give --token" not in kit("api", "audit", f"{service}/", "--path", "ports")[2]


def test_a_url_is_probed_or_read(kit, place, service):
    code, out, _ = kit("api", "audit", f"{service}/", "--path", "ports")
    assert code == 1 and "VD-01" in out and "RS-01" in out
    code, out, _ = kit("api", "audit", f"{service}/openapi.json")
    assert code == 1 and "RC-18" in out and "RS-01" not in out
