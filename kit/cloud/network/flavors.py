"""Flavors of network services (routers), and the service profiles that carry them out."""

from __future__ import annotations

from typing import Any

from kit.cloud.call import Answer, Call
from kit.cloud.errors import ApiError, NotFound
from kit.cloud.network import checks as is_
from kit.cloud.network import listing, owning
from kit.cloud.network.attributes import REQUIRED, UNSET, Field, Form
from kit.cloud.network.errors import bad_request, conflict, not_found
from kit.cloud.network.models import routers
from kit.cloud.network.models_extensions import flavors, service_profiles
from kit.cloud.store import Row

# Neutron's own providers of routers, the first of them the default.
PROVIDERS = ("single_node", "dvr", "ha", "dvrha")
_TYPES = (
    "CORE", "FLAVORS", "L3_ROUTER_NAT", "LOG_API", "METERING", "QOS", "SEGMENTS", "TRUNK",
)  # fmt: skip


def _type(value: Any) -> str:
    if value not in _TYPES:
        raise bad_request(f"Invalid service type: {value}.", "InvalidServiceType")
    return str(value)


def _unless_off(value: Any) -> bool:
    """Whether it is used: so long as nothing is said against it."""
    return True if value is None else is_.boolean(value)


FORM = Form("flavor", (
    Field("name", is_.name, ""), Field("description", is_.none_or(is_.text(1024)), ""),
    Field("service_type", _type, REQUIRED, put=False), Field("enabled", _unless_off, True),
    Field("service_profiles", is_.list_of(is_.uuid), UNSET),
), ("id",))  # fmt: skip
PROFILE = Form("service_profile", (
    Field("description", is_.none_or(is_.text(1024)), ""), Field("driver", is_.text(1024), ""),
    Field("metainfo", is_.none_or(is_.text(4096)), ""), Field("enabled", _unless_off, True),
))  # fmt: skip


def service_providers(call: Call) -> dict[str, Any]:
    """What carries routers out."""
    rows: list[Row] = [
        {"service_type": "L3_ROUTER_NAT", "name": name, "default": name == PROVIDERS[0]} for name in PROVIDERS
    ]
    return listing.answer(call, "service_providers", rows, lambda found: found)


def _shown(row: Row) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "id"} | {"id": row["id"]}


def find(call: Call, flavor_id: str) -> Row:
    """A flavor of that id."""
    row = call.tx.get(flavors, flavor_id)
    if row is None:
        raise not_found("Flavor", flavor_id)
    return row


def usable(call: Call, flavor_id: str | None) -> None:
    """Refuse a flavor that is not there, or not enabled."""
    if flavor_id is None:
        return
    flavor = find(call, flavor_id)
    if not flavor["service_profiles"]:
        raise NotFound(
            f"Service Profile  is not associated with flavor {flavor_id}.", type="FlavorServiceProfileBindingNotFound"
        )
    if not flavor["enabled"]:
        raise ApiError("Flavor is not enabled.", type="FlavorDisabled", status=503)


def index(call: Call) -> dict[str, Any]:
    """List flavors."""
    rows = listing.fetch(call, flavors, [], flavors.c.id)
    return listing.answer(call, "flavors", rows, lambda found: [_shown(row) for row in found])


def create(call: Call) -> dict[str, Any]:
    """Create a flavor."""
    values = FORM.create(call, FORM.one(call))
    values.pop("service_profiles", None)  # a flavor is given them one by one
    owning.operator(call, "create_flavor")
    return {"flavor": _shown(call.tx.insert(flavors, id=call.tx.ids.uuid(), service_profiles=[], **values))}


def show(call: Call, flavor_id: str) -> dict[str, Any]:
    """Show a flavor."""
    return {"flavor": listing.pick(call, _shown(find(call, flavor_id)))}


def update(call: Call, flavor_id: str) -> dict[str, Any]:
    """Change a flavor that no router has."""
    owning.operator(call, "update_flavor")
    row = find(call, flavor_id)
    _unused(call, flavor_id)
    values = FORM.update(call, FORM.one(call))
    values.pop("service_profiles", None)
    call.tx.update(flavors, flavor_id, **values)
    return {"flavor": _shown({**row, **values})}


def _unused(call: Call, flavor_id: str) -> None:
    if call.tx.first(routers, flavor_id=flavor_id):
        raise conflict("FlavorInUse", f"Flavor {flavor_id} is used by some service instance.")


def delete(call: Call, flavor_id: str) -> None:
    """Delete a flavor that no router has."""
    owning.operator(call, "delete_flavor")
    find(call, flavor_id)
    _unused(call, flavor_id)
    call.tx.delete(flavors, id=flavor_id)


def profile_add(call: Call, flavor_id: str) -> Answer:
    """Let a service profile carry a flavor out."""
    owning.operator(call, "create_flavor_service_profile")
    given = PROFILE.one(call).get("id")
    row, profile = find(call, flavor_id), profile_find(call, str(given))
    if profile["id"] in row["service_profiles"]:
        raise conflict(
            "FlavorServiceProfileBindingExists",
            f"Service Profile {profile['id']} is already associated with flavor {flavor_id}.",
        )
    call.tx.update(flavors, flavor_id, service_profiles=[*row["service_profiles"], profile["id"]])
    return Answer(201, {"service_profile": {"id": profile["id"]}})


def profile_remove(call: Call, flavor_id: str, profile_id: str) -> None:
    """Let it do so no more."""
    owning.operator(call, "delete_flavor_service_profile")
    row = find(call, flavor_id)
    if profile_id not in row["service_profiles"]:
        error = not_found("Service Profile", profile_id)
        error.type = "FlavorServiceProfileBindingNotFound"
        error.message = f"Service Profile {profile_id} is not associated with flavor {flavor_id}."
        raise error
    left = [other for other in row["service_profiles"] if other != profile_id]
    call.tx.update(flavors, flavor_id, service_profiles=left)


def profile_find(call: Call, profile_id: str) -> Row:
    """A service profile, for the administrator."""
    row = call.tx.get(service_profiles, profile_id)
    return owning.hidden(call, row, not_found("Service Profile", profile_id))


def profile_index(call: Call) -> dict[str, Any]:
    """List service profiles; nobody but the administrator sees any."""
    rows = listing.fetch(call, service_profiles, [], service_profiles.c.id) if call.context.is_admin else []
    return listing.answer(call, "service_profiles", rows, lambda found: [_shown(row) for row in found])


def profile_create(call: Call) -> dict[str, Any]:
    """Create a service profile."""
    values = PROFILE.create(call, PROFILE.one(call))
    owning.operator(call, "create_service_profile")
    if not values["driver"] and not values["metainfo"]:
        raise bad_request("Service Profile needs either a driver or metainfo.", "ServiceProfileEmpty")
    if values["driver"]:
        error = not_found("Service Profile driver", values["driver"])
        error.type = "ServiceProfileDriverNotFound"
        if not values["driver"].startswith(("neutron.", "neutron_")):
            raise error
    return {"service_profile": _shown(call.tx.insert(service_profiles, id=call.tx.ids.uuid(), **values))}


def profile_show(call: Call, profile_id: str) -> dict[str, Any]:
    """Show a service profile."""
    return {"service_profile": listing.pick(call, _shown(profile_find(call, profile_id)))}


def profile_update(call: Call, profile_id: str) -> dict[str, Any]:
    """Change a service profile."""
    row = profile_find(call, profile_id)
    values = PROFILE.update(call, PROFILE.one(call))
    call.tx.update(service_profiles, profile_id, **values)
    return {"service_profile": _shown({**row, **values})}


def profile_delete(call: Call, profile_id: str) -> None:
    """Delete a service profile that no flavor has."""
    profile_find(call, profile_id)
    if any(profile_id in flavor["service_profiles"] for flavor in call.tx.rows(flavors)):
        raise conflict("ServiceProfileInUse", f"Service Profile {profile_id} is used by some service instance.")
    call.tx.delete(service_profiles, id=profile_id)
