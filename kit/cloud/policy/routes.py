"""Paths of the policy service and what answers them."""

from __future__ import annotations

from kit.cloud.policy import library, policies, rules, simulation, sources, system, tables
from kit.cloud.policy.service import version, versions
from kit.cloud.service import Service


def add_to(service: Service) -> None:
    """Let the policy service answer."""
    add = service.add

    add("GET", "/", versions, open=True)
    add("GET", "/v1", version, open=True)

    add("GET", "/v1/policies", policies.index)
    add("POST", "/v1/policies", policies.create)
    add("GET", "/v1/policies/{policy_id}", policies.show)
    add("POST", "/v1/policies/{policy_id}", simulation.act)
    add("DELETE", "/v1/policies/{policy_id}", policies.delete, status=200)
    add("GET", "/v1/policies/{policy_id}/status", system.policy_status)
    add("GET", "/v1/policies/{policy_id}/rules", rules.index)
    add("POST", "/v1/policies/{policy_id}/rules", rules.create)
    add("GET", "/v1/policies/{policy_id}/rules/{rule_id}", rules.show)
    add("DELETE", "/v1/policies/{policy_id}/rules/{rule_id}", rules.delete, status=200)
    add("GET", "/v1/policies/{policy_id}/rules/{rule_id}/status", system.rule_status)
    add("GET", "/v1/policies/{policy_id}/tables", tables.index)
    add("GET", "/v1/policies/{policy_id}/tables/{table}", tables.show)
    add("GET", "/v1/policies/{policy_id}/tables/{table}/rows", tables.rows)

    add("GET", "/v1/librarypolicies", library.index)
    add("POST", "/v1/librarypolicies", library.create)
    add("GET", "/v1/librarypolicies/{policy_id}", library.show)
    add("PUT", "/v1/librarypolicies/{policy_id}", library.replace)
    add("DELETE", "/v1/librarypolicies/{policy_id}", library.delete, status=200)

    add("GET", "/v1/data-sources", sources.index)
    add("POST", "/v1/data-sources", sources.create)
    add("GET", "/v1/data-sources/{source_id}", sources.show)
    add("POST", "/v1/data-sources/{source_id}", sources.act)
    add("DELETE", "/v1/data-sources/{source_id}", sources.delete, status=200)
    add("GET", "/v1/data-sources/{source_id}/schema", sources.schema)
    add("GET", "/v1/data-sources/{source_id}/status", sources.status)
    add("GET", "/v1/data-sources/{source_id}/actions", sources.actions)
    add("GET", "/v1/data-sources/{source_id}/tables", sources.list_tables)
    add("GET", "/v1/data-sources/{source_id}/tables/{table}", sources.show_table)
    add("GET", "/v1/data-sources/{source_id}/tables/{table}/spec", sources.spec)
    add("GET", "/v1/data-sources/{source_id}/tables/{table}/rows", sources.rows)
    add("PUT", "/v1/data-sources/{source_id}/tables/{table}/rows", sources.push, status=200)

    add("GET", "/v1/system/drivers", system.drivers)
    add("GET", "/v1/system/drivers/{driver_id}", system.driver)

    # The kit's own: Congress left denying to callers of simulate, and wrote what it did to its log only.
    add("GET", "/v1/enforcement", system.enforcement)
    add("PUT", "/v1/enforcement", system.enforce)
    add("GET", "/v1/enforcement/log", system.log)
