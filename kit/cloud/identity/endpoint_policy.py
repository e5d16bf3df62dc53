"""Which policy an endpoint goes by: its own, its region's for the service, or the service's.

Source: `keystone.endpoint_policy.core`.
"""

from __future__ import annotations

from typing import Any

from kit.cloud.call import Call
from kit.cloud.errors import NotFound
from kit.cloud.identity.catalog_admin import endpoint_row
from kit.cloud.identity.common import fetch, listing, require_admin, require_reader, self_link
from kit.cloud.identity.models import endpoints, policies, policy_associations, regions, services
from kit.cloud.identity.texts import policy_row
from kit.cloud.store import Row

_KINDS = {"endpoint_id": (endpoints, "endpoint"), "service_id": (services, "service"), "region_id": (regions, "region")}
_NONE = dict.fromkeys(_KINDS)


def _what(target: dict[str, str]) -> str:
    """What a rule calls an association: `endpoint`, `service`, `region_and_service`."""
    return "region_and_service" if "region_id" in target else next(iter(target)).removesuffix("_id")


def _there(call: Call, policy_id: str, target: dict[str, str]) -> None:
    fetch(call, policies, "policy", policy_id)
    for name, id in target.items():
        table, kind = _KINDS[name]
        fetch(call, table, kind, id)


def _find(call: Call, **target: str | None) -> Row | None:
    wanted = {**_NONE, **target}
    rows = call.tx.rows(policy_associations, order=policy_associations.c.id)
    return next((row for row in rows if all(row[name] == value for name, value in wanted.items())), None)


def put(call: Call, policy_id: str, **target: str) -> None:
    """Let an endpoint, a service, or a service in a region go by a policy, instead of another."""
    require_admin(call, f"create_policy_association_for_{_what(target)}")
    _there(call, policy_id, target)
    found = _find(call, **target)
    if found is not None:
        call.tx.update(policy_associations, found["id"], policy_id=policy_id)
    else:
        call.tx.insert(policy_associations, id=call.tx.ids.hex(), policy_id=policy_id, **{**_NONE, **target})


def _one(call: Call, policy_id: str, target: dict[str, str]) -> Row:
    _there(call, policy_id, target)
    found = _find(call, **target)
    if found is None or found["policy_id"] != policy_id:
        raise NotFound("Could not find policy association.")
    return found


def check(call: Call, policy_id: str, **target: str) -> None:
    """Tell whether it does."""
    require_reader(call, f"check_policy_association_for_{_what(target)}")
    _one(call, policy_id, target)


def delete(call: Call, policy_id: str, **target: str) -> None:
    """Let it go by that policy no longer."""
    require_admin(call, f"delete_policy_association_for_{_what(target)}")
    _there(call, policy_id, target)
    found = _find(call, **target)
    if found is not None and found["policy_id"] == policy_id:
        call.tx.delete(policy_associations, id=found["id"])


def of_endpoint(call: Call, endpoint_id: str) -> dict[str, Any]:
    """The policy of an endpoint: the nearest that there is, up the tree of regions."""
    require_reader(call, "get_policy_for_endpoint")
    endpoint = fetch(call, endpoints, "endpoint", endpoint_id)
    found, region = _find(call, endpoint_id=endpoint_id), endpoint["region_id"]
    while found is None and region is not None:
        found = _find(call, service_id=endpoint["service_id"], region_id=region)
        region = fetch(call, regions, "region", region)["parent_region_id"]
    found = found or _find(call, service_id=endpoint["service_id"])
    if found is None:
        raise NotFound(f"No policy is associated with endpoint {endpoint_id}.")
    shown = policy_row(call, fetch(call, policies, "policy", found["policy_id"]))
    # Keystone links it as if it were an endpoint.
    return {"policy": {**shown, "links": self_link(call, f"endpoints/{shown['id']}")}}


def of_policy(call: Call, policy_id: str) -> dict[str, Any]:
    """The endpoints that are told to go by a policy, by themselves, by their service or by region and service."""
    require_reader(call, "list_endpoints_for_policy")
    fetch(call, policies, "policy", policy_id)
    every = call.tx.rows(endpoints, order=endpoints.c.id)
    found: list[Row] = []
    for told in call.tx.rows(policy_associations, policy_id=policy_id, order=policy_associations.c.id):
        within = _below(call, told["region_id"])
        found += [
            row
            for row in every
            if row["id"] == told["endpoint_id"]
            or (row["service_id"] == told["service_id"] and (not within or row["region_id"] in within))
        ]
    rows = (endpoint_row(call, row) for row in found)
    shown = ({name: value for name, value in row.items() if name != "region"} for row in rows)
    return listing(call, "endpoints", shown, filtered=False)


def _below(call: Call, region_id: str | None) -> list[str]:
    """A region and all that lie in it; none for None."""
    found = [] if region_id is None else [region_id]
    for region in found:  # grows while it is walked
        found += [row["id"] for row in call.tx.rows(regions, parent_region_id=region) if row["id"] not in found]
    return found
