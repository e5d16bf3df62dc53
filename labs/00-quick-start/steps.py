"""The steps of the quick start: how a lab works, on a small shop's cloud."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kit.cloud import Cloud
from kit.lab import Lab, NotAttempted, NotYet, Step, Wrong


def another_shop(lab: Lab) -> tuple[Cloud, Any]:
    """A fresh cloud with one more running server and one more broken one, and alice's connection to it."""
    cloud = lab.fresh_cloud()
    conn = cloud.connect("alice", "shop")
    found = {kind: getattr(conn, find)(name).id for kind, find, name in (
        ("image_id", "get_image", "cirros"), ("flavor_id", "get_flavor", "small"), ("network", "get_network", "front"),
    )}  # fmt: skip
    network = [{"uuid": found.pop("network")}]
    for name in ("late-1", "late-2"):
        conn.compute.create_server(name=name, networks=network, **found)
    cloud.clock.advance(600)
    cloud.connect().compute.reset_server_state(conn.compute.find_server("late-2"), "error")
    return cloud, conn


def call(function: Callable[..., Any], conn: Any) -> list[Any]:
    """What the learner's function gives, once it is a list."""
    if not callable(function):
        raise NotYet(
            f"That is {function!r}.", "A function of conn was asked for.", "Keep the line that begins with def."
        )
    found = function(conn)
    if found is ...:
        raise NotAttempted
    if found is None:
        raise NotYet("Your function gives None.", "It should give a list of names.", "Does it end with return?")
    if not isinstance(found, list):
        raise NotYet(f"Your function gives a {type(found).__name__}.", "It should give a list.", "Put it in [ ... ].")
    return found


class Listing(Step):
    name = "listing"
    title = "List the servers with the SDK"
    minutes = 3
    variables = ("names",)
    hints = (
        "A connection has one attribute for each service: conn.compute, conn.network, conn.image.",
        "conn.compute.servers() gives the servers one by one; each has a .name.",
        "return [server.name for server in conn.compute.servers()]",
    )
    solution = """
        def names(conn):
            return [server.name for server in conn.compute.servers()]
        """
    wrong = {
        "objects": Wrong("def names(conn):\n    return list(conn.compute.servers())", "not their names"),
        "by-heart": Wrong("def names(conn):\n    return ['web-1', 'web-2', 'db-1', 'batch-1']", "another cloud"),
        "no-return": Wrong("def names(conn):\n    [s.name for s in conn.compute.servers()]", "gives None"),
        "only-active": Wrong(
            "def names(conn):\n    return [s.name for s in conn.compute.servers(status='ACTIVE')]", "is missing"
        ),
    }

    def check(self, lab: Lab, names: Any) -> str:
        here = call(names, lab.connect("alice"))
        if here and not isinstance(here[0], str):
            raise NotYet(
                f"The list holds {type(here[0]).__name__} objects, not their names.", "", "Take .name of each."
            )
        want = {server["name"] for server in lab.connect("alice").compute.get("/servers").json()["servers"]}
        missing = sorted(want - set(here))
        if missing:
            raise NotYet(
                f"{missing[0]} is missing.", f"The shop has {len(want)} servers, in every state.", "Leave filters out."
            )
        _, conn = another_shop(lab)
        if "late-1" not in call(names, conn):
            raise NotYet(
                "On another cloud your function gives the names of this one.",
                "",
                "Ask conn instead of writing names down.",
            )
        return f"{len(want)} servers, asked of the cloud itself."


class Broken(Step):
    name = "broken"
    title = "Get a check wrong, take a hint, pass"
    minutes = 3
    variables = ("broken",)
    hints = (
        "Which attribute of a server tells how it is? Print one of them.",
        "A server has .status: ACTIVE, SHUTOFF, ERROR and more. A server that is switched off is not broken.",
        'return [server.name for server in conn.compute.servers() if server.status == "ERROR"]',
    )
    solution = """
        def broken(conn):
            return [server.name for server in conn.compute.servers() if server.status == "ERROR"]
        """
    wrong = {
        "not-active": Wrong(
            "def broken(conn):\n    return [s.name for s in conn.compute.servers() if s.status != 'ACTIVE']",
            "switched off",
        ),
        "by-heart": Wrong("def broken(conn):\n    return ['batch-1']", "another cloud"),
        "lower-case": Wrong(
            "def broken(conn):\n    return [s.name for s in conn.compute.servers() if s.status == 'error']",
            "upper case",
        ),
        "objects": Wrong(
            "def broken(conn):\n    return [s for s in conn.compute.servers() if s.status == 'ERROR']",
            "not their names",
        ),
        "typo": Wrong(
            "def broken(conn):\n    return [s.name for s in conn.compute.servers() if s.state == 'ERROR']",
            "AttributeError",
        ),
    }

    def check(self, lab: Lab, broken: Any) -> str:
        here = call(broken, lab.connect("alice"))
        if "db-1" in here:
            raise NotYet(
                "db-1 is in your list, but it is only switched off.",
                "Broken means ERROR.",
                "Compare .status with one word.",
            )
        if not all(isinstance(each, str) for each in here):
            raise NotYet(
                f"The list holds {type(here[0]).__name__} objects, not their names.", "", "Take .name of each."
            )
        if not here:
            raise NotYet(
                "Your list is empty.", "One server of the shop is in ERROR.", "A status is written in upper case."
            )
        if here != ["batch-1"]:
            raise NotYet(f"Your list is {here}.", "Exactly one server of the shop is in ERROR.")
        _, conn = another_shop(lab)
        if sorted(call(broken, conn)) != ["batch-1", "late-2"]:
            raise NotYet(
                "On another cloud, with two broken servers, your function misses one.",
                "",
                "Ask conn for the status of each.",
            )
        return "batch-1 is broken; db-1 is only switched off."


class Terminal(Step):
    name = "terminal"
    title = "The same cloud from a terminal"
    minutes = 3
    variables = ("image",)
    hints = (
        "In the terminal, `openstack server list` has a column Image.",
        "`openstack server show db-1` shows everything of one server.",
        "It is the operating system that the shop's batch job runs on, too: d.....",
    )
    solution = 'image = "debian"'
    wrong = {
        "other": Wrong('image = "cirros"', "web servers"),
        "id": Wrong('image = lab.connect("alice").get_image("debian").id', "its id"),
    }

    def check(self, lab: Lab, image: Any) -> str:
        conn = lab.connect("alice")
        right = conn.get_image("debian")
        image = image.strip().lower() if isinstance(image, str) else image
        if image == right.id:
            raise NotYet("That is its id.", "The image's name was asked for.", "openstack image list shows both.")
        if image == "cirros":
            raise NotYet("cirros is what the web servers run.", "db-1 was asked for.", "Look at its line.")
        if image != right.name:
            raise NotYet(
                f"db-1 does not run {image!r:.60}.",
                "An image's name, a text, was asked for.",
                "Type: openstack server list",
            )
        return "One cloud, two doors: the SDK and the command line."


class Calls(Step):
    name = "calls"
    title = "Look at the calls you made"
    minutes = 2
    variables = ("service",)
    hints = (
        "A client must say who it is before it may ask anything.",
        "lab.calls(40) shows the last forty calls; look for the POST.",
        "The path of that call begins with /identity.",
    )
    solution = 'service = "identity"'
    wrong = {
        "asked": Wrong('service = "compute"', "listed the servers"),
        "project": Wrong('service = "Keystone"', "first column"),
        "path": Wrong('service = "/identity/v3/auth/tokens"', "the path"),
    }

    def check(self, lab: Lab, service: Any) -> str:
        service = service.strip().lower() if isinstance(service, str) else service
        if isinstance(service, str) and service.startswith("/"):
            raise NotYet("That is the path of the call.", "The service's word in the first column was asked for.")
        if service == "keystone":
            raise NotYet("Keystone is the project that serves it.", "The word in the first column was asked for.")
        if service == "compute":
            raise NotYet(
                "compute listed the servers.", "But which service gave your client its token?", "Look for a POST."
            )
        if service != "identity":
            raise NotYet(
                f"{service!r:.60} gave no token.",
                "A service's word was asked for, a text.",
                "lab.calls(40) shows who answered the POST.",
            )
        return "Every client asks identity for a token first, and for the catalog of all services with it."


class Undo(Step):
    name = "undo"
    title = "Break something and bring it back"
    minutes = 3
    variables = ("after",)
    hints = (
        "Delete a server first; then bring the cloud back; then list the names again.",
        "conn.delete_server(name) deletes, lab.restore() goes back to the last lab.snapshot().",
        "after = names(conn), run after lab.restore()",
    )
    solution = """
        lab.snapshot()
        conn.delete_server("web-2", wait=True)
        lab.restore()
        after = [server.name for server in conn.compute.servers()]
        """
    wrong = {
        "not-restored": Wrong(
            "lab.snapshot()\nconn.delete_server('web-2', wait=True)\nafter = [s.name for s in conn.compute.servers()]",
            "still gone",
        ),
        "number": Wrong("after = 4", "list of names"),
    }

    def check(self, lab: Lab, after: Any) -> str:
        if not isinstance(after, list):
            raise NotYet(f"after is {after!r:.60}.", "A list of names was asked for.", "after = names(conn)")
        want = {"web-1", "web-2", "db-1", "batch-1"}
        gone = sorted(want - set(after))
        if gone:
            raise NotYet(
                f"{gone[0]} is still gone.",
                "After the restore all four should be back.",
                "lab.restore(), then list again.",
            )
        if not any(call.method == "DELETE" and call.status == 204 for call in lab.cloud.exchanges):
            raise NotYet("Nothing was deleted yet.", "", 'Break it first: conn.delete_server("web-2", wait=True)')
        return "Nothing you do here is for ever."
