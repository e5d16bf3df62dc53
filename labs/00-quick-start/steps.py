"""The steps of the quick start: how a lab works, on a small shop's cloud."""

from __future__ import annotations

from typing import Any

from kit.cloud import Cloud
from kit.lab import Lab, NotAttempted, NotYet, Step, Wrong
from kit.lab.answers import function, kind, shown


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


def names_of(answer: Any, conn: Any) -> list[str]:
    """The names that the learner's function gives, each once."""
    found = function(answer, "conn to a list of names")(conn)
    if found is ...:
        raise NotAttempted
    if not isinstance(found, list):
        raise NotYet(
            f"Your function gives {shown(found)}.",
            "A list of names was asked for.",
            "[... for server in ...] makes one.",
        )
    return each_a_name(found, conn)


def each_a_name(found: list[Any], conn: Any) -> list[str]:
    """The list, once it holds names of servers, and each of them once."""
    for each in found:
        if not isinstance(each, str):
            raise NotYet(
                f"The list holds {shown(each, 40)}: {kind(each)}.",
                "Names were asked for, not their servers.",
                "Take .name of each.",
            )
        # An id alone is looked up: the learner looks at the calls of the lab, and these are not theirs.
        if len(each) == 36 and each in {server["id"] for server in conn.compute.get("/servers").json()["servers"]}:
            raise NotYet(f"{each} is an id.", "The names were asked for.", "Take .name, not .id.")
    double = next((each for each in found if found.count(each) > 1), None)
    if double:
        raise NotYet(f"{double} is in the list more than once.", "Each server has one line.")
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
        "objects": Wrong("def names(conn):\n    return list(conn.compute.servers())", "Names were asked for"),
        "by-heart": Wrong("def names(conn):\n    return ['web-1', 'web-2', 'db-1', 'batch-1']", "another cloud"),
        "no-return": Wrong("def names(conn):\n    [s.name for s in conn.compute.servers()]", "gives None"),
        "ids": Wrong("def names(conn):\n    return [s.id for s in conn.compute.servers()]", "is an id"),
        "one-text": Wrong(
            "def names(conn):\n    return ', '.join(s.name for s in conn.compute.servers())", "A list of names"
        ),
        "only-active": Wrong(
            "def names(conn):\n    return [s.name for s in conn.compute.servers(status='ACTIVE')]", "is missing"
        ),
    }

    def check(self, lab: Lab, names: Any) -> str:
        here = names_of(names, lab.connect("alice"))
        want = {server["name"] for server in lab.connect("alice").compute.get("/servers").json()["servers"]}
        missing = sorted(want - set(here))
        if missing:
            raise NotYet(
                f"{missing[0]} is missing.", f"The shop has {len(want)} servers, in every state.", "Leave filters out."
            )
        extra = sorted(set(here) - want)
        if extra:
            raise NotYet(
                f"The shop has no server {extra[0]!r:.60}.",
                f"It has {len(want)}, and those alone were asked for.",
                "Ask conn for them.",
            )
        _, conn = another_shop(lab)
        if "late-1" not in names_of(names, conn):
            raise NotYet(
                "On another cloud your function gives the names of this one.",
                "",
                "Ask the conn that it is given, instead of writing names down.",
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
        "not-this": Wrong("def broken(conn):\n    return ['batch-1', 'web-1']", "it is ACTIVE"),
        "objects": Wrong(
            "def broken(conn):\n    return [s for s in conn.compute.servers() if s.status == 'ERROR']",
            "Names were asked for",
        ),
        "typo": Wrong(
            "def broken(conn):\n    return [s.name for s in conn.compute.servers() if s.state == 'ERROR']",
            "AttributeError",
        ),
    }

    def check(self, lab: Lab, broken: Any) -> str:
        conn = lab.connect("alice")
        here = names_of(broken, conn)
        if "db-1" in here:
            raise NotYet(
                "db-1 is in your list, but it is only switched off.",
                "Broken means ERROR.",
                "Compare .status with one word.",
            )
        if not here:
            raise NotYet(
                "Your list is empty.", "One server of the shop is in ERROR.", "A status is written in upper case."
            )
        extra = next((name for name in here if name != "batch-1"), None)
        if extra:
            found = conn.compute.find_server(extra)
            raise NotYet(
                f"{extra:.60} is in your list, but {f'it is {found.status}' if found else 'the shop has no such server'}.",
                "Broken means ERROR.",
                "Compare .status with one word.",
            )
        _, conn = another_shop(lab)
        if sorted(names_of(broken, conn)) != ["batch-1", "late-2"]:
            raise NotYet(
                "On another cloud, with two broken servers, your function misses one.",
                "All of them were asked for.",
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
        if not isinstance(image, str):
            raise NotYet(f"image is {shown(image)}.", "Its name was asked for, a text.", "Put it in quotes.")
        if image != right.name:
            raise NotYet(
                f"db-1 does not run {image!r:.60}.",
                "The column Image of its line has the name.",
                "Type: openstack server list",
            )
        return "One cloud, two doors: the SDK and the command line."


class Calls(Step):
    name = "calls"
    title = "Look at the calls you made"
    minutes = 3
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
                f"{shown(service, 60)} gave no token.",
                "The word in the first column was asked for, a text.",
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
        if callable(after) or isinstance(after, str) or not isinstance(after, list | tuple | set):
            raise NotYet(f"after is {shown(after, 60)}.", "A list of names was asked for.", "after = names(conn)")
        each_a_name(list(after), lab.connect("alice"))
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
