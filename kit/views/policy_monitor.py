"""The policy monitor: violations and their proofs, what a change would do, and what the cloud does about it."""

from __future__ import annotations

import re
from html import escape
from typing import Any

import ipywidgets as widgets

from kit.policy import Congress
from kit.views.look import Watched, unseen
from kit.views.parts import LivePanel, close, half, row, section, table, title, whole

POLICY, TABLE = "OpenPort80", "error"
PORTS = {"80 (HTTP)": (80, 80), "443 (HTTPS)": (443, 443), "1 to 1024": (1, 1024), "8080": (8080, 8080)}
REPAIR = """
execute[neutronv2:delete_security_group_rule(rule)] :-
    error(user, email, name, port),
    neutronv2:security_group_port_bindings(port_id=port, security_group_id=group),
    neutronv2:security_group_rules(id=rule, security_group_id=group, direction="ingress", protocol="tcp",
                                   port_range_min=low, port_range_max=high),
    lteq(low, 80), gteq(high, 80)
"""
SHOWN = 12
_SIGNS = {"done": ("✓", "success"), "denied": ("⛔", "warn"), "failed": ("✗", "error"), "loop": ("↻", "warn")}


class PolicyMonitor(LivePanel):
    """A live panel of a cloud's policy service.

    Parameters
    ----------
    cloud : Watched
        A `kit.cloud.Cloud`.
    user, project : str
        Who opens ports by the buttons; not an administrator, so that the policy meets a person.
    """

    def __init__(self, cloud: Watched, user: str = "admin", project: str = "admin") -> None:
        super().__init__()
        self.cloud = cloud
        self._person = cloud.connect(user, project)
        self.congress = Congress(cloud.connect())
        if POLICY not in self.congress.policies():
            self.congress.request("POST", f"policies?library_policy={POLICY}", {})
        self._origin = cloud.snapshot()
        self._seen = -1
        self.violations, self.answer, self.journal = widgets.HTML(), widgets.HTML(), widgets.HTML()
        groups = sorted({item.name for item in self._person.network.security_groups()})
        used = {item["name"] for each in self._person.compute.servers() for item in each.security_groups or ()}
        # A group in which a new rule is felt comes first: one of servers, other than the group that all have.
        first = next((name for name in reversed(groups) if name in used and name != "default"), None)
        self.group = widgets.Dropdown(options=groups, value=first or next(iter(groups), None), description="group")
        self.ports = widgets.Dropdown(options=PORTS, description="ports")
        self.deny = widgets.ToggleButton(
            description="Deny: off", tooltip="Refuse requests that would violate the policy"
        )
        self.repair = widgets.ToggleButton(
            description="Repair: off", tooltip="Delete rules by which a server violates it"
        )
        self.deny.observe(lambda change: self.run(lambda: self._set_deny(change["new"])), "value")
        self.repair.observe(lambda change: self.run(lambda: self._set_repair(change["new"])), "value")
        back = self.button("Back to the start", self._reset, "Restore the cloud as it was when this page opened")
        self.children = (
            title("Policy monitor", "No server that the internet reaches may let port 80 in. Who breaks that, and what does the cloud do?"),
            self.said,
            widgets.HBox([
                half(section("Violations"), self.violations, section("The policy"), widgets.HTML(self._rules())),
                half(section("What if a group lets ports in?"), row(self.group, self.ports), self._asks(), self.answer,
                     section("Enforcement"), row(self.deny, self.repair, back), self.journal),
            ], layout=widgets.Layout(flex_flow="row wrap")),
            self.ticker,
        )  # fmt: skip
        self.refresh()

    def _asks(self) -> widgets.Widget:
        return row(
            self.button("What would it do?", self._simulate, "Simulate it: nothing is changed"),
            self.button("Do it", self._open, "Make the rule, as anybody in the project could"),
        )

    def _rules(self) -> str:
        found = self.congress.request("GET", f"policies/{POLICY}/rules")["results"]
        texts = [str(each["rule"]).strip() for each in found]
        look = (
            "white-space:pre-wrap;word-break:normal;overflow-wrap:break-word;line-height:1.35;margin:.2em 0 .8em;"
            "font-family:var(--jp-code-font-family, monospace);font-size:.88em"
        )
        return "".join(f"<pre style='{look}'>{_hanging(laid_out(text))}</pre>" for text in texts)

    def tell(self, text: str) -> None:
        """Say what a button has done; why something was refused stands in the journal."""
        said, because, _ = text.partition(" would hold, because")
        super().tell(f"{said} would hold; the journal says why." if because else said)

    def _group(self) -> str:
        found: str = self._person.network.find_security_group(self.group.value).id
        return found

    def _simulate(self) -> str:
        low, high = self.ports.value
        fact = f'("{self._group()}", "new", "None", "None", "ingress", "IPv4", "tcp", {low}, {high}, "None")'
        sequence = f"neutronv2:security_group_rules+{fact}"
        found = self.congress.simulate(f"{TABLE}(user, email, name, port)", sequence, POLICY, delta=True)
        atoms = "".join(f"<li><code>{escape(atom)}</code></li>" for atom in found)
        self.answer.value = f"<ul>{atoms}</ul>" if found else "<p>Nobody would violate the policy.</p>"
        return f"{len(found)} row{'' if len(found) == 1 else 's'} would come; nothing has changed."

    def _open(self) -> str:
        low, high = self.ports.value
        rule = {"direction": "ingress", "protocol": "tcp", "port_range_min": low, "port_range_max": high}
        self.answer.value = ""
        self._person.network.create_security_group_rule(security_group_id=self._group(), **rule)
        return f"{self.group.value} lets {f'port {low}' if low == high else f'ports {low} to {high}'} in."

    def _set_deny(self, on: bool) -> str:
        self.deny.description = f"Deny: {'on' if on else 'off'}"
        self.congress.enforce(deny=[f"{POLICY}:{TABLE}"] if on else [])
        return "Requests that would violate the policy are refused." if on else "Requests are no longer refused."

    def _set_repair(self, on: bool) -> str:
        self.repair.description = f"Repair: {'on' if on else 'off'}"
        if on:
            self.congress.insert(REPAIR, POLICY)
            return "Whoever violates the policy is repaired."
        self.congress.delete(REPAIR, POLICY)
        return "Nothing is repaired any more."

    def _reset(self) -> str:
        self.cloud.restore(self._origin)
        with self.hold_trait_notifications():
            self.deny.value = self.repair.value = False
        self.answer.value = ""
        return "The cloud is as it was."

    def refresh(self) -> None:
        """Read the table and the journal, and draw them anew when the cloud has changed."""
        if self.cloud.generation == self._seen:
            return
        with unseen(self.cloud):
            found = self.congress.request("GET", f"policies/{POLICY}/tables/{TABLE}/rows?trace=true")
            journal = self.congress.journal()
        self._seen = self.cloud.generation
        self.violations.value = _violations(found)
        self.journal.value = _journal(list(journal)[: -SHOWN - 1 : -1])

    def __repr__(self) -> str:
        return "Policy monitor"


def laid_out(rule: str) -> str:
    """A rule with each literal of its body in a line of its own."""
    head, sign, body = rule.partition(":-")
    parts = re.split(r",\s*(?![^()]*\))", body.strip())
    return f"{head.strip()} :-\n    " + ",\n    ".join(part.strip() for part in parts) if sign else rule


def _hanging(text: str) -> str:
    """Lines of code that, where they are wrapped, go on further in than they began."""
    lines = ((len(line) - len(line.lstrip()), line.lstrip()) for line in text.splitlines())
    return "".join(
        f"<span style='display:block;padding-left:{blanks + 4}ch;text-indent:-4ch'>{escape(line)}</span>"
        for blanks, line in lines
    )


def _violations(found: dict[str, Any]) -> str:
    rows = [item["data"] for item in found["results"]]
    proofs = str(found.get("trace", "")).split("\n\n")
    lines = []
    for data, proof in zip(rows, proofs, strict=False):
        _user, email, name, _port = data
        why = f"<details><summary>why</summary><pre style='white-space:pre-wrap'>{escape(proof)}</pre></details>"
        mark = '<span style="color:var(--jp-error-color1, #c62828)">✗</span>'
        lines.append((f"{mark} {escape(str(name))}", escape(str(email)), why))
    count = f"<p><strong>{len(rows)}</strong> server{' violates' if len(rows) == 1 else 's violate'} the policy.</p>"
    shown = close(table(("server", "owner", "proof"), lines, "✓ Nobody violates the policy."))
    return count + shown if rows else shown


def _journal(entries: list[Any]) -> str:
    lines = []
    for entry in entries:
        sign, tone = _SIGNS.get(entry.kind, ("·", "info"))
        grounds = "".join(
            f"<li style='line-height:1.3'><code>{escape(ground)}</code></li>" for ground in entry.why.split("; ")
        )
        said = f"<details><summary><code>{escape(entry.what[:90])}</code></summary><ul>{grounds}</ul></details>"
        state = f'<span style="color:var(--jp-{tone}-color1, #555)">{sign}</span> {escape(entry.kind)}'
        lines.append((whole(entry.at[11:19]), f'<span style="white-space:nowrap">{state}</span>', said))
    return close(table(("time", "outcome", "what and why"), lines, "Nothing was done or denied yet."))
