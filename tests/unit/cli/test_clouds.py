"""Clouds that do not answer, answer rubbish, or let nobody in, as `kit policy` and `kit migrate` meet them."""

import contextlib
import socket
import threading

import pytest
import yaml

from kit.cli import clouds
from kit.cloud import Cloud


@contextlib.contextmanager
def answering(answer):
    """A server that says these bytes to everyone, or nothing; gives its port."""
    held = []

    def serve():
        with contextlib.suppress(OSError):
            while True:
                link = listener.accept()[0]
                held.append(link)
                if answer:
                    link.recv(1000)
                    link.sendall(answer)
                    link.close()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(5)
    for link in held:
        link.close()


@pytest.fixture
def entry(tmp_path, monkeypatch):
    """Write clouds.yaml with a cloud `mine` at a port."""
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(tmp_path / "clouds.yaml"))
    monkeypatch.setattr(clouds, "TIMEOUT_S", 0.3)
    (tmp_path / "a.policy").write_text("error(n) :- nova:servers(name=n)\n")
    monkeypatch.chdir(tmp_path)

    def write(port, password="x"):
        auth = {"auth_url": f"http://127.0.0.1:{port}/identity/v3", "username": "admin", "password": password,
                "project_name": "admin", "user_domain_id": "default", "project_domain_id": "default"}  # fmt: skip
        (tmp_path / "clouds.yaml").write_text(yaml.safe_dump({"clouds": {"mine": {"auth": auth}}}))

    return write


COMMANDS = [["policy", "check", "a.policy", "--cloud"], ["migrate", "drain", "compute-1", "--dry-run", "--cloud"]]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
@pytest.mark.parametrize("answer", [b"", b"\0\xff rubbish\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]"])
def test_a_server_that_is_no_cloud_is_told_in_one_message(kit, entry, command, answer):
    with answering(answer) as port:
        entry(port)
        code, out, err = kit(*command, "mine")
    assert (code, out) == (2, "") and err.startswith("Error: mine: ") and "clouds.yaml" in err
    assert "Traceback" not in err and "ConnectionPool" not in err and len(err) < 400


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_no_server_and_a_wrong_password(kit, entry, command):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    entry(port)
    code, _, err = kit(*command, "mine")
    assert code == 2 and "Unable to establish connection" in err and err.count(str(port)) == 1
    with Cloud.from_seed({}).serve() as server:
        entry(server.port, "wrong")
        code, _, err = kit(*command, "mine")
    assert code == 2 and "lets nobody in" in err and "Check user, project and password" in err


def test_a_name_that_clouds_yaml_lacks(kit, entry):
    entry(1)
    code, _, err = kit(*COMMANDS[0], "other")
    assert code == 2 and "Cloud other was not found" in err and "a name that clouds.yaml has" in err
