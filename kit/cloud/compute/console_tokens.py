"""Tokens of consoles: what a URL that opens a console carries, and what a console proxy asks Nova of it (2.31)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from kit.cloud.call import Call
from kit.cloud.clock import stamp
from kit.cloud.compute.models import console_tokens, hypervisors, servers
from kit.cloud.compute.validation import require_admin
from kit.cloud.errors import BadRequest, NotFound
from kit.cloud.service import Service
from kit.cloud.store import Row

# Nova's `[consoleauth] token_ttl`, in seconds.
TTL = 600
# Where a host offers the first console of each type; the next server's is one higher. SPICE has a port with TLS, too.
_PORTS = {"novnc": 5900, "spice-html5": 5900, "spice-direct": 5900, "serial": 10000}
_TLS_OFFSET = 1000


def issue(call: Call, row: Row, kind: str) -> str:
    """A new token for a server's console."""
    call.tx.delete(console_tokens, console_tokens.c.expires_at < call.tx.stamp)
    host = call.tx.first(hypervisors, host=row["host"])
    made = call.tx.insert(
        console_tokens, token=call.tx.ids.uuid(), server_id=row["id"], console_type=kind, host=row["host"],
        address=(host and host["host_ip"]) or "127.0.0.1", port=_PORTS[kind] + (row["number"] - 1) % _TLS_OFFSET,
        expires_at=stamp(call.tx.now + timedelta(seconds=TTL)),
    )  # fmt: skip
    return str(made["token"])


def show(call: Call, token: str) -> dict[str, Any]:
    """Where the console of a token is, for a proxy that is to connect to it.

    Until 2.30 it was for RDP only, which went with Hyper-V.
    """
    if not call.at_least("2.31"):
        raise BadRequest(
            "The server could not comply with the request since it is either malformed or otherwise incorrect."
        )
    require_admin(call, "os-console-auth-tokens")
    found = call.tx.get(console_tokens, token)
    server = call.tx.get(servers, found["server_id"]) if found else None
    # Nova forgets the tokens of a server that leaves its host.
    here = found and server and not server["deleted_at"] and server["host"] == found["host"]
    if found is None or not here or found["expires_at"] <= call.tx.stamp:
        raise NotFound("Token not found")
    shown = {
        "instance_uuid": found["server_id"], "host": found["address"], "port": found["port"], "internal_access_path": None,
    }  # fmt: skip
    if found["console_type"] == "spice-direct" and call.at_least("2.99"):
        shown["tls_port"] = found["port"] + _TLS_OFFSET
    return {"console": shown}


def add_to(service: Service) -> None:
    """Add the operation to the compute service."""
    service.add("GET", "/v2.1/os-console-auth-tokens/{token}", show)
