"""A cloud's networks as a picture: the internet above, routers, networks, and the servers on them."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from typing import Any

from kit.ink import tone

WIDTH, BOX, GAP, ROW = 960, 124, 10, 60
SHOWN = 14

# State -> sign and colour; the word is always there, too.
STATES = {
    "ACTIVE": ("●", tone("success")), "BUILD": ("◔", tone("info")),
    "ERROR": ("✗", tone("error")), "SHUTOFF": ("○", "var(--jp-ui-font-color2, #666)"),
}  # fmt: skip


@dataclass
class Net:
    """One network with what hangs on it."""

    name: str
    external: bool = False
    routers: list[str] = field(default_factory=list)
    servers: list[tuple[str, str, str]] = field(default_factory=list)  # name, state, address


@dataclass
class Topology:
    """The picture; its plain text says the same."""

    nets: list[Net]

    def __repr__(self) -> str:
        lines = []
        for net in self.nets:
            kind = "external network" if net.external else "network"
            via = f", router {', '.join(net.routers)}" if net.routers else ""
            lines.append(f"{kind} {net.name}{via}")
            lines += [f"  {name}  {state}  {address}".rstrip() for name, state, address in net.servers]
        return "\n".join(lines) or "no networks"

    def _repr_svg_(self) -> str:
        return svg(self)

    def _repr_html_(self) -> str:
        return f'<div style="overflow-x:auto">{svg(self)}</div>'


def draw(
    networks: list[dict[str, Any]],
    ports: list[dict[str, Any]],
    routers: list[dict[str, Any]],
    servers: list[dict[str, Any]],
) -> Topology:
    """A picture of documents as Neutron and Nova answer them."""
    nets = {item["id"]: Net(item["name"], bool(item.get("router:external"))) for item in networks}
    names = {item["id"]: item["name"] for item in routers}
    known = {item["id"]: item for item in servers}
    for port in ports:
        net = nets.get(port["network_id"])
        if net is None:
            continue
        if port["device_id"] in names:
            net.routers.append(names[port["device_id"]])
        elif port["device_id"] in known:
            server = known[port["device_id"]]
            address = port["fixed_ips"][0]["ip_address"] if port["fixed_ips"] else ""
            net.servers.append((server["name"], server["status"], address))
    order = sorted(nets.values(), key=lambda net: (not net.external, net.name))
    for net in order:
        net.routers = sorted(set(net.routers))
        net.servers.sort()
    return Topology(order)


def svg(picture: Topology) -> str:
    """The drawing: a bar a network, a box a server; crowds are counted, not drawn."""
    per_row = (WIDTH - GAP) // (BOX + GAP)
    parts: list[str] = []
    y = 8
    bars: list[tuple[Net, int]] = []
    for net in picture.nets:
        bars.append((net, y))
        parts.append(_bar(net, y))
        y += 34
        shown = net.servers[:SHOWN]
        for number, server in enumerate(shown):
            row, column = divmod(number, per_row)
            parts.append(_server(server, GAP + column * (BOX + GAP), y + row * ROW))
        if shown:
            y += ((len(shown) - 1) // per_row + 1) * ROW
        if len(net.servers) > SHOWN:
            parts.append(_text(GAP, y + 12, f"and {len(net.servers) - SHOWN} more", small=True))
            y += 22
        y += 16
    parts += _wires(bars)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {max(y, 40)}" role="img" '
        f'style="width:100%;max-width:{WIDTH}px;font-family:var(--jp-ui-font-family, system-ui)">'
        f"<title>Networks and servers</title><desc>{escape(repr(picture))}</desc>{''.join(parts)}</svg>"
    )


def _bar(net: Net, y: int) -> str:
    fill = "var(--jp-brand-color1, #1976d2)" if net.external else "var(--jp-layout-color3, #bdbdbd)"
    text = "var(--jp-ui-inverse-font-color1, #fff)" if net.external else "var(--jp-ui-font-color1, #222)"
    kind = "external: " if net.external else ""
    via = f"  —  router {', '.join(net.routers)}" if net.routers else ""
    return (
        f'<rect x="0" y="{y}" width="{WIDTH}" height="24" rx="5" fill="{fill}"/>'
        f'<text x="12" y="{y + 16}" font-size="13" font-weight="600" fill="{text}">{escape(kind + net.name + via)}</text>'
    )


def _server(server: tuple[str, str, str], x: int, y: int) -> str:
    name, state, address = server
    sign, colour = STATES.get(state, ("◌", tone("warn")))
    return (
        f"<g><title>{escape(f'{name} {state} {address}')}</title>"
        f'<rect x="{x}" y="{y}" width="{BOX}" height="{ROW - 8}" rx="5" fill="var(--jp-layout-color0, #fff)" stroke="{colour}" stroke-width="1.5"/>'
        f"{_text(x + 8, y + 16, _short(name), bold=True)}"
        f'<text x="{x + 8}" y="{y + 31}" font-size="11" fill="{colour}">{sign} {escape(state)}</text>'
        f"{_text(x + 8, y + 45, address, small=True)}</g>"
    )


def _short(name: str) -> str:
    return name if len(name) <= 15 else name[:14] + "…"


def _text(x: int, y: int, text: str, *, bold: bool = False, small: bool = False) -> str:
    weight, size = ("600" if bold else "400"), (11 if small else 12)
    return f'<text x="{x}" y="{y}" font-size="{size}" font-weight="{weight}" fill="var(--jp-ui-font-color1, #222)">{escape(text)}</text>'


def _wires(bars: list[tuple[Net, int]]) -> list[str]:
    """A line at the right from the external network to each network that shares a router with it."""
    lines = []
    outside = [(net, y) for net, y in bars if net.external]
    for number, (net, y) in enumerate((net, y) for net, y in bars if not net.external):
        for up, top in outside:
            if set(up.routers) & set(net.routers):
                x = WIDTH - 16 - 10 * number
                lines.append(
                    f'<path d="M{x} {top + 24} V{y}" stroke="var(--jp-brand-color1, #1976d2)" stroke-width="2" fill="none"/>'
                    f'<circle cx="{x}" cy="{y}" r="3.5" fill="var(--jp-brand-color1, #1976d2)"/>'
                )
    return lines
