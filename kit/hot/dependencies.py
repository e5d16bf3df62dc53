"""The dependency graph of a definition: what references and depends_on say, and what types add of themselves.

Source: Heat 27, `add_dependencies` of the Neutron and Nova types: a port waits for the subnets of its network, a
floating IP for the router with that gateway, a server for the subnets of its networks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from kit.hot.definition import Definition
from kit.hot.errors import FunctionError, InvalidTemplateReference, Path, TemplateError
from kit.hot.functions.base import Function, references
from kit.hot.graph import Graph
from kit.hot.lookup import Lookup
from kit.hot.parts import ResourceDefinition
from kit.hot.properties import Properties
from kit.hot.suggest import did_you_mean

SUBNET, PORT = "OS::Neutron::Subnet", "OS::Neutron::Port"
INTERFACE, GATEWAY, ROUTER = "OS::Neutron::RouterInterface", "OS::Neutron::RouterGateway", "OS::Neutron::Router"


def build(definition: Definition, lookup: Lookup, faults: list[TemplateError] | None = None) -> Graph:
    """The graph; references to what is not there are collected, and left out of it."""
    graph = Graph({name: set() for name in definition.resources})
    for name, resource in definition.resources.items():
        for need in _named(resource):
            if need in definition.resources:
                graph.needs[name].add(need)
            elif faults is not None and not definition.has(need):
                faults += _unknown(definition, resource, need)
    _implicit(definition, lookup, graph)
    return graph


def _named(resource: ResourceDefinition) -> list[str]:
    try:
        return sorted(resource.named())
    except FunctionError:
        return sorted(resource.depends_on or ())


def _unknown(definition: Definition, resource: ResourceDefinition, need: str) -> list[TemplateError]:
    """The faults for a name that the stack has not; depends_on a resource that a condition removed is none."""
    section = definition.section
    base: Path = (section.resources, resource.name)
    places: list[tuple[str, Path]] = []
    for label, key, part in (
        ("Properties", section.properties, resource.properties), ("Metadata", section.metadata, resource.metadata)
    ):  # fmt: skip
        for path, steps in _places(part, need, (*base, key), (label,)):
            places.append((".".join((resource.name, *map(str, steps))), path))
    if need in (resource.depends_on or ()) and need not in definition.removed:
        places.append((resource.name, (*base, section.depends_on)))
    found: list[TemplateError] = []
    for where, path in places:
        todo = did_you_mean(need, definition.resources, "Resources are")
        if need in definition.removed:
            todo = f"The condition of {need} is false; guard the reference with `if`."
        error = InvalidTemplateReference(f'The specified reference "{need}" (in {where}) is incorrect.', todo=todo)
        error.anchor = path
        found.append(error)
    return found


def _places(snippet: Any, need: str, path: Path, steps: tuple[Any, ...]) -> list[tuple[Path, tuple[Any, ...]]]:
    """Where a parsed piece names a resource: the path in the text, and Heat's own words for it."""
    found: list[tuple[Path, tuple[Any, ...]]] = []
    if isinstance(snippet, Function):
        inner = [place for rest, part in snippet.parts()
                 for place in _places(part, need, (*path, snippet.name, *rest), (*steps, snippet.name))]  # fmt: skip
        if inner:
            return inner
        if any(name == need for name, _ in references(snippet)):
            found.append(((*path, snippet.name), steps))
    elif isinstance(snippet, dict):
        for key, value in snippet.items():
            found += _places(value, need, (*path, key), (*steps, key))
    elif isinstance(snippet, list):
        for place, value in enumerate(snippet):
            last = f"{steps[-1]}[{place}]"
            found += _places(value, need, (*path, place), (*steps[:-1], last))
    return found


def _implicit(definition: Definition, lookup: Lookup, graph: Graph) -> None:
    by_type: dict[str, list[tuple[str, Properties]]] = {}
    for kind, planned in lookup.planned():
        if kind.type.name in _WATCHED:
            by_type.setdefault(kind.type.name, []).append((planned.resource.name, planned.properties))
    for type, add in _RULES.items():
        for name, properties in by_type.get(type, ()):
            add(name, properties, by_type, graph)


Resources = Mapping[str, list[tuple[str, Properties]]]


def _subnets_of(name: str, network: Any, resources: Resources, graph: Graph) -> None:
    for other, subnet in resources.get(SUBNET, ()):
        if subnet.get("network") == network:
            graph.needs[name].add(other)


def _port(name: str, properties: Properties, resources: Resources, graph: Graph) -> None:
    _subnets_of(name, properties.get("network"), resources, graph)


def _server(name: str, properties: Properties, resources: Resources, graph: Graph) -> None:
    networks = properties.get("networks") or []
    for other, subnet in resources.get(SUBNET, ()):
        network = subnet.get("network")
        if not networks:
            return
        if not network or any(not each.get("network") or each["network"] == network for each in networks):
            graph.needs[name].add(other)


def _router(name: str, properties: Properties, resources: Resources, graph: Graph) -> None:
    gateway = properties.get("external_gateway_info")
    if gateway:
        _subnets_of(name, gateway.get("network"), resources, graph)


def _gateway(name: str, properties: Properties, resources: Resources, graph: Graph) -> None:
    for other, interface in resources.get(INTERFACE, ()):
        if interface.get("router") == properties.get("router_id"):
            graph.needs[name].add(other)
    _subnets_of(name, properties.get("network"), resources, graph)


def _floating_ip(name: str, properties: Properties, resources: Resources, graph: Graph) -> None:
    network = properties.get("floating_network")
    for other, gateway in resources.get(GATEWAY, ()):
        if gateway.get("network") == network:
            graph.needs[name].add(other)
    for other, router in resources.get(ROUTER, ()):
        info = router.get("external_gateway_info")
        if info and info.get("network") == network:
            graph.needs[name].add(other)
    _interfaces(name, resources, graph, True)


def _association(name: str, properties: Properties, resources: Resources, graph: Graph) -> None:
    _interfaces(name, resources, graph, False)


def _interfaces(name: str, resources: Resources, graph: Graph, bare: bool) -> None:
    """Router interfaces on the subnet of a port that is needed; `bare` counts ports without addresses, too."""
    ports = {other: port for other, port in resources.get(PORT, ()) if other in graph.needs[name]}
    for other, interface in resources.get(INTERFACE, ()):
        subnet = interface.get("subnet")
        for port in ports.values():
            addresses = port.get("fixed_ips") or []
            if any((each.get("subnet") or each.get("subnet_id")) == subnet for each in addresses) or (
                bare and not addresses and subnet is None
            ):
                graph.needs[name].add(other)


def _routes(name: str, properties: Properties, resources: Resources, graph: Graph) -> None:
    router = properties.get("router_id") or properties.get("router")
    for type in (INTERFACE, GATEWAY):
        for other, each in resources.get(type, ()):
            if (each.get("router") or each.get("router_id")) == router:
                graph.needs[name].add(other)


_RULES: dict[str, Callable[[str, Properties, Resources, Graph], None]] = {
    PORT: _port, "OS::Nova::Server": _server, ROUTER: _router, GATEWAY: _gateway,
    "OS::Neutron::FloatingIP": _floating_ip, "OS::Neutron::FloatingIPAssociation": _association,
    "OS::Neutron::FloatingIPPortForward": _association, "OS::Neutron::ExtraRoute": _routes,
    "OS::Neutron::ExtraRouteSet": _routes,
}  # fmt: skip
_WATCHED = {SUBNET, INTERFACE, *_RULES}
