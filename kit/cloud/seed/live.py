"""What a seed says of live migrations: nova.conf, networks and storage of cloud and hosts, and what guests do."""

from __future__ import annotations

from typing import Any

from kit.cloud.compute.live import settings, workload
from kit.cloud.compute.models import servers
from kit.cloud.seed.growing import Growing
from kit.cloud.seed.reader import Place
from kit.errors import CloudError, MigrationError


def conditions(growing: Growing, given: Any) -> None:
    """Set what `live_migration:` says, of the cloud and of each host."""
    wanted: list[tuple[Place, str, dict[str, Any]]] = [(("live_migration",), "", dict(given))] if given else []
    for number, item in enumerate(growing.plan.get("hosts") or []):
        if item.get("live_migration"):
            wanted.append((("hosts", number, "live_migration"), item["name"], dict(item["live_migration"])))
    for place, host, values in wanted:
        try:
            with growing.cloud.write() as tx:
                settings.write(tx, values, host)
        except CloudError as error:
            raise growing.plan.error(place, error.what, error.todo) from error


def workloads(growing: Growing, ids: list[str], item: dict[str, Any], place: Place) -> None:
    """Let the guests of servers do what `workload:` says."""
    try:
        found = workload.check(item["workload"])
        with growing.cloud.write() as tx:
            for id in ids:
                row = tx.get(servers, id)
                assert row is not None
                kept = {**(row["system_metadata"] or {}), workload.KEY: found}
                workload.guest({**row, "system_metadata": kept}, paused=False)
                tx.update(servers, id, system_metadata=kept)
    except (CloudError, MigrationError) as error:
        raise growing.plan.error((*place, "workload"), error.what, error.todo) from error
