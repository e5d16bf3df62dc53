"""Servers by the thousand: one of each kind is booted by a request, the others are written as copies of it.

What a request would have checked is checked here: quotas, room on the hosts, free addresses.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from kit.cloud.clock import parse, stamp
from kit.cloud.compute.models import servers
from kit.cloud.compute.serverview import host_id
from kit.cloud.generate.places import Addresses, Hosts, networks_of, shape
from kit.cloud.generate.templates import News, Rows, Template, everything, ids_of, since
from kit.cloud.network.models import ports, security_groups, subnets
from kit.cloud.store import Row, Transaction
from kit.cloud.tables import Table, metadata

if TYPE_CHECKING:
    from kit.cloud.seed.growing import Growing

Item = dict[str, Any]
Place = tuple[str | int, ...]

# What a copy may have; an item with anything else (a server group, a certain host) is booted by requests.
_COPIED = frozenset((
    "name", "user", "project", "count", "flavor", "image", "network", "networks", "security_groups", "keypair",
    "metadata", "description", "tags", "availability_zone", "state", "floating_ip",
))  # fmt: skip
# How old the oldest copy is, hours; most are younger.
OLDEST = 2 * 365 * 24


class Kind:
    """Servers that are copies of one another: the one that was booted, and how another differs."""

    def __init__(self, template: Template, roles: dict[str, str], hosts: Hosts) -> None:
        self.template, self.roles = template, roles
        self.server: Row = template.all("compute_servers")[0]
        self.ports = template.all("network_ports")
        self.addresses = template.all("network_addresses")
        held = template.all("placement_allocations")
        self.resources: dict[str, int] = dict(held[0]["resources"]) if held else {}
        host = self.server["host"]
        self.on_host = {hosts.uuids[host]: "uuid", host_id(self.server): "hash"} if host else {}
        tokens = {*template.own, *template.times, *roles.values(), *self.on_host}
        tokens |= {port["mac_address"] for port in self.ports} | {row["ip_address"] for row in self.addresses}
        self.rows = template.writers(tokens)
        flavor = self.server["flavor"]
        self.counts = {
            "instances": 1, "cores": flavor["vcpus"], "ram": flavor["ram"], "port": len(self.ports),
            "floatingip": len(template.all("network_floating_ips")),
        }  # fmt: skip


class Bulk:
    """The growth of a seed's servers when they are many.

    Attributes
    ----------
    first : list of (item, place)
        What to boot by requests, one of each kind among it; `finish` writes the others.
    """

    def __init__(self, growing: Growing, wanted: list[tuple[Item, Place]]) -> None:
        self._growing = growing
        self._kinds: dict[str, Item] = {}
        self._copies: list[tuple[str, Item, str, Place]] = []
        self.first: list[tuple[Item, Place]] = []
        flavors = growing.plan.get("flavors") or ()
        self._special = {
            flavor["name"] for flavor in flavors if any(":" in key for key in flavor.get("extra_specs", {}))
        }
        self._images = {image["name"]: image for image in growing.plan.get("images") or ()}
        with growing.cloud.read() as tx:
            self._before: Rows = everything(tx)
        for item, place in wanted:
            self._sort(item, place)

    def _sort(self, item: Item, place: Place) -> None:
        if not set(item) <= _COPIED or not networks_of(item) or item["flavor"] in self._special:
            self.first.append((item, place))
            return
        kind, count = shape(item, self._images.get(item["image"], {})), item.get("count", 1)
        for number in range(1, count + 1):
            name = f"{item['name']}-{number}" if count > 1 else item["name"]
            if kind in self._kinds:
                self._copies.append((kind, item, name, place))
            else:
                self._kinds[kind] = {**item, "name": name, "count": 1}
                self.first.append((self._kinds[kind], place))

    def finish(self) -> None:
        """Write the copies of the servers that stand by now.

        Raises
        ------
        SeedError
            When a quota, the hosts or a subnet are full.
        """
        growing = self._growing
        for _, item, _, place in self._copies:
            self._group(item, place)
        with growing.cloud.read() as tx:
            hosts = Hosts(tx)
            self._networks = {row["network_id"]: row["id"] for row in tx.rows(subnets, order=subnets.c.id.desc())}
            routed = tx.rows(ports, device_owner="network:router_interface")
            self._routers = {row["network_id"]: row["device_id"] for row in routed}
            groups = tx.rows(security_groups)
            self._groups = {(row["project_id"], row["name"]): row["id"] for row in groups}
            shared = ids_of(self._before) | {row["id"] for row in groups}
            news = News(since(self._before, everything(tx)), shared)
            kinds = {kind: self._kind(item, news, hosts) for kind, item in self._kinds.items()}
        self._refuse_more_than_quotas(kinds)
        with growing.cloud.write() as tx:
            self._write(tx, kinds)

    def _who(self, item: Item, place: Place) -> tuple[str, str]:
        from kit.cloud.seed.servers import who

        return who(self._growing, item, place)

    def _group(self, item: Item, place: Place) -> None:
        """Let the project have its default security group, which it gets when it first looks for it."""
        project = self._who(item, place)[1]
        if "default group" not in self._growing.names or project not in self._growing.names["default group"]:
            self._growing.ask("GET", "/network/v2.0/security-groups?fields=id", place=place, as_=("admin", project))
            self._growing.know("default group", project, "")

    def _roles(self, item: Item, place: Place) -> dict[str, str]:
        """Role (`project`, `network 0`, `group web`) to the id that the item's servers have in it."""
        find, (user, project) = self._growing.find, self._who(item, place)
        owner = find("projects", project, place)
        found = {"project": owner, "user": find("users", user, place), "image": find("images", item["image"], place)}
        for number, name in enumerate(networks_of(item)):
            network = found[f"network {number}"] = find("networks", name, (*place, "network"))
            found[f"subnet {number}"] = self._networks.get(network, "")
            if "floating_ip" in item:
                found["router"] = self._routers.get(network, "")
        for name in item.get("security_groups") or ["default"]:
            if (owner, name) not in self._groups:
                raise self._growing.plan.error((*place, "security_groups"), f"{project} has no security group {name!r}")
            found[f"group {name}"] = self._groups[owner, name]
        return found

    def _kind(self, item: Item, news: News, hosts: Hosts) -> Kind:
        project = self._who(item, ("servers",))[1]
        server = self._growing.find("servers", f"{project}/{item['name']}", ("servers",))
        return Kind(Template(server, news), self._roles(item, ("servers",)), hosts)

    def _refuse_more_than_quotas(self, kinds: dict[str, Kind]) -> None:
        wanted: dict[str, Counter[str]] = defaultdict(Counter)
        places: dict[str, Place] = {}
        for kind, item, _, place in self._copies:
            project = self._who(item, place)[1]
            wanted[project].update(kinds[kind].counts)
            places[project] = place
        for project, amounts in wanted.items():
            place, id = places[project], self._growing.find("projects", project, places[project])
            paths = (f"/compute/v2.1/os-quota-sets/{id}/detail", f"/network/v2.0/quotas/{id}/details")
            for path in paths:
                found = next(iter(self._growing.ask("GET", path, place=place).values()))
                for name, more in amounts.items():
                    limit = found.get(name, {}).get("limit", -1)
                    used = found.get(name, {}).get("in_use", found.get(name, {}).get("used", 0))
                    if 0 <= limit < used + more:
                        what = f"{project} may have {limit} {name}, and these servers make it {used + more}"
                        raise self._growing.plan.error(place, what, "Give it more under quotas.")

    def _write(self, tx: Transaction, kinds: dict[str, Kind]) -> None:
        hosts, addresses = Hosts(tx), Addresses(tx)
        number = max((row["number"] for row in tx.rows(servers)), default=0)
        batch: dict[Table, list[Row]] = defaultdict(list)
        roles: dict[tuple[str, Place], dict[str, str]] = {}
        ages: dict[tuple[str, int], str] = {}
        for kind_, item, name, place in self._copies:
            kind, number = kinds[kind_], number + 1
            if (kind_, place) not in roles:
                own = self._roles(item, place)
                roles[kind_, place] = {kind.roles[role]: own[role] for role in kind.roles}
            values = {**roles[kind_, place], **{token: _fresh(tx, token) for token in kind.template.own}}
            self._draw(tx, kind, values, addresses, place)
            host = self._host(kind, item, hosts, place, values)
            age = _age(tx)
            for time in kind.template.times:
                if (time, age) not in ages:
                    ages[time, age] = _older(time, age)
                values[time] = ages[time, age]
            for table, kept, writers in kind.rows:
                row = dict(kept)
                for column, write in writers:
                    row[column] = write(values)
                if table is servers:
                    row |= {"name": name, "number": number, "hostname": kept["hostname"].replace(kept["name"], name)}
                    row["host"] = host
                    row["metadata"] = {key: str(value) for key, value in item.get("metadata", {}).items()}
                elif table is ports and row["host_id"]:
                    row["host_id"] = host
                batch[table].append(row)
            self._growing.know("servers", f"{self._who(item, place)[1]}/{name}", values[kind.template.server])
        for table in metadata.sorted_tables:
            tx.insert_many(table, batch.get(table, []))
        addresses.keep(tx)
        hosts.keep(tx)

    def _draw(self, tx: Transaction, kind: Kind, values: dict[str, str], addresses: Addresses, place: Place) -> None:
        """Addresses of its own for a copy."""
        for row in kind.addresses:
            subnet = str(values.get(row["subnet_id"], row["subnet_id"]))
            drawn = addresses.draw(subnet)
            if drawn is None:
                raise self._growing.plan.error(
                    (*place, "network"), "no address is free any more", "Give a larger subnet."
                )
            values[row["ip_address"]] = drawn
        for port in kind.ports:
            values[port["mac_address"]] = addresses.mac(tx)

    def _host(self, kind: Kind, item: Item, hosts: Hosts, place: Place, values: dict[str, str]) -> str | None:
        if not kind.on_host:
            return None
        host = hosts.choose(kind.resources, item.get("availability_zone"))
        if host is None:
            raise self._growing.plan.error(
                place, "no host has room for one more server", "Give more hosts, or larger ones."
            )
        found = {
            "uuid": hosts.uuids[host],
            "hash": host_id({**kind.server, "project_id": values[kind.roles["project"]], "host": host}),
        }
        values |= {token: found[what] for token, what in kind.on_host.items()}
        return host


def _fresh(tx: Transaction, token: str) -> str:
    if token.startswith("r-"):
        return f"r-{tx.ids.hex()[:8]}"
    return tx.ids.uuid() if "-" in token else tx.ids.hex()


def _age(tx: Transaction) -> int:
    """How many hours older than its template a copy is: many young ones, few old ones."""
    share = tx.ids.number(10_000) / 10_000
    return int(OLDEST * (math.exp(3 * share) - 1) / (math.exp(3) - 1))


def _older(time: str, hours: int) -> str:
    return stamp(parse(time) - timedelta(hours=hours))[: len(time)]
