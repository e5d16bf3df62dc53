"""Things of the cloud by id or by name, as Heat's client plugins find them; and its custom constraints."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from kit.cloud.orchestration.ask import Ask, Refused
from kit.hot.errors import ResourceFailure


@dataclass(frozen=True)
class Place:
    """Where a kind of thing is found.

    Attributes
    ----------
    entity : str
        What Heat calls it in the sentence that there is none.
    name : str
        The field by which it is also known; "" where there is none.
    """

    service: str
    path: str
    many: str
    entity: str
    name: str = "name"
    one: str = ""  # what wraps one; default `many` without its s
    id: str = "id"

    @property
    def wrapper(self) -> str:
        """What wraps one thing."""
        return self.one or self.many.removesuffix("s")


def _neutron(path: str, one: str = "") -> Place:
    many = path.rpartition("/")[2].replace("-", "_")
    one = one or many.removesuffix("s")
    return Place("network", f"/v2.0/{path}", many, one, one=one)


PLACES: dict[str, Place] = {
    "neutron.network": _neutron("networks"), "neutron.subnet": _neutron("subnets"), "neutron.port": _neutron("ports"),
    "neutron.router": _neutron("routers"), "neutron.security_group": _neutron("security-groups"),
    "neutron.subnetpool": _neutron("subnetpools"), "neutron.address_scope": _neutron("address-scopes"),
    "neutron.qos_policy": Place("network", "/v2.0/qos/policies", "policies", "policy", one="policy"),
    "neutron.segment": _neutron("segments"), "neutron.floating_ip": _neutron("floatingips"),
    "nova.flavor": Place("compute", "/flavors", "flavors", "Flavor"),
    "nova.server": Place("compute", "/servers", "servers", "Server"),
    "nova.keypair": Place("compute", "/os-keypairs", "keypairs", "Key", "", id="name"),
    "nova.host": Place("compute", "/os-hypervisors", "hypervisors", "Host", "hypervisor_hostname"),
    "glance.image": Place("image", "/v2/images", "images", "Image"),
    "cinder.volume": Place("block-storage", "/volumes", "volumes", "Volume"),
    "cinder.snapshot": Place("block-storage", "/snapshots", "snapshots", "VolumeSnapshot"),
    "cinder.backup": Place("block-storage", "/backups", "backups", "Volume backup"),
    "cinder.vtype": Place("block-storage", "/types", "volume_types", "VolumeType"),
    "cinder.qos_specs": Place("block-storage", "/qos-specs", "qos_specs", "QoS specs", one="qos_specs"),
    "keystone.project": Place("identity", "/projects", "projects", "KeystoneProject"),
    "keystone.user": Place("identity", "/users", "users", "KeystoneUser"),
    "keystone.group": Place("identity", "/groups", "groups", "KeystoneGroup"),
    "keystone.role": Place("identity", "/roles", "roles", "KeystoneRole"),
    "keystone.domain": Place("identity", "/domains", "domains", "KeystoneDomain"),
    "keystone.service": Place("identity", "/services", "services", "KeystoneService"),
    "keystone.region": Place("identity", "/regions", "regions", "KeystoneRegion", ""),
}  # fmt: skip


# A name of Keystone's may tell its domain. Source: Heat 27, `parse_entity_with_domain`.
IN_DOMAIN = frozenset({"keystone.user", "keystone.group", "keystone.project", "keystone.role"})
WITH_DOMAIN = re.compile(r"(.+)\{(.+)\}")


class NoSuchThing(ResourceFailure):
    """A name or id that is nothing of this cloud's."""


def find(ask: Ask, what: str, value: Any) -> Any:
    """The id of a thing that is given by id or by name.

    Raises
    ------
    NoSuchThing
        There is none, or there are several of that name.
    """
    if not isinstance(value, str) or not value or what not in PLACES:
        return value
    if what in IN_DOMAIN and (parts := WITH_DOMAIN.fullmatch(value)):
        return _in_domain(ask, PLACES[what], value, *parts.groups())
    place = PLACES[what]
    if not ask.has(place.service):
        return value
    text = quote(value, safe="")
    found = ask.reply(place.service, "GET", f"{place.path}/{text}")
    if found.status_code == 200:
        body = found.json()  # Glance wraps nothing
        return body.get(place.wrapper, body)[place.id]
    named = _named(ask, place, value, text)
    if len(named) == 1:
        return named[0][place.id]
    if named:
        several = f"Multiple {place.entity} matches found for name '{value}', use an ID to be more specific."
        raise NoSuchThing(several, "NeutronClientNoUniqueMatch" if place.service == "network" else "NoUniqueMatch")
    raise NoSuchThing(*_absent(place, value))


def _in_domain(ask: Ask, place: Place, value: str, name: str, domain: str) -> Any:
    """The id of `NAME{DOMAIN}`."""
    inside = find(ask, "keystone.domain", domain)
    for each in _named(ask, place, name, quote(name, safe="")):
        if each.get("domain_id") == inside:
            return each["id"]
    found = ask.reply(place.service, "GET", f"{place.path}/{quote(name, safe='')}")
    if found.status_code == 200:
        return name
    raise NoSuchThing(*_absent(place, value))


def _named(ask: Ask, place: Place, value: str, text: str) -> list[dict[str, Any]]:
    if not place.name:
        return []
    everything: list[dict[str, Any]] = []
    path = f"{place.path}?{place.name}={text}"
    if place.entity == "Flavor":
        path = f"{place.path}?is_public=None" if ask.context.is_admin else place.path
    try:
        everything = ask(place.service, "GET", path).get(place.many) or []
    except Refused:
        return []
    return [each for each in everything if each.get(place.name) == value]


def _absent(place: Place, value: str) -> tuple[str, str]:
    if place.service == "network":
        return f"Unable to find {place.entity} with name or id '{value}'", "NotFound"
    return f"The {place.entity} ({value}) could not be found.", "EntityNotFound"


def constraint(ask: Ask, name: str, value: Any) -> str | None:
    """Why a value does not fit a custom constraint that asks the cloud, or None."""
    if not isinstance(value, str) or not value:
        return None
    try:
        find(ask, name, value)
    except ResourceFailure as failure:
        return failure.what
    return None
