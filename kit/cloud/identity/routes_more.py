"""Paths of Keystone's extensions: trusts, EC2 and OAuth, endpoint filters, domains' configuration."""

from __future__ import annotations

from kit.cloud.identity import (
    domain_config,
    ec2,
    endpoint_filter,
    endpoint_policy,
    federation,
    federation_rules,
    texts,
    trusts,
)
from kit.cloud.service import Service


def add_to(service: Service) -> None:
    """Add the operations to the identity service."""
    add = service.add
    path = "/v3/OS-TRUST/trusts"
    add("GET", path, trusts.index)
    add("POST", path, trusts.create)
    add("GET", f"{path}/{{trust_id}}", trusts.show)
    add("DELETE", f"{path}/{{trust_id}}", trusts.delete)
    add("GET", f"{path}/{{trust_id}}/roles", trusts.role_index)
    add("GET", f"{path}/{{trust_id}}/roles/{{role_id}}", trusts.role_show)

    path = "/v3/users/{user_id}/credentials/OS-EC2"
    add("GET", path, ec2.index)
    add("POST", path, ec2.create)
    add("GET", f"{path}/{{access}}", ec2.show)
    add("DELETE", f"{path}/{{access}}", ec2.delete)

    for path, noun in (("/v3/policies", "policy"), ("/v3/OS-OAUTH1/consumers", "consumer")):
        of = {verb: getattr(texts, f"{noun}_{verb}") for verb in ("index", "create", "show", "update", "delete")}
        add("GET", path, of["index"])
        add("POST", path, of["create"], status=201)
        add("GET", f"{path}/{{{noun}_id}}", of["show"])
        add("PATCH", f"{path}/{{{noun}_id}}", of["update"])
        add("DELETE", f"{path}/{{{noun}_id}}", of["delete"])

    path = "/v3/policies/{policy_id}/OS-ENDPOINT-POLICY"
    add("GET", f"{path}/endpoints", endpoint_policy.of_policy)
    add("GET", "/v3/endpoints/{endpoint_id}/OS-ENDPOINT-POLICY/policy", endpoint_policy.of_endpoint)
    for end in ("endpoints/{endpoint_id}", "services/{service_id}", "services/{service_id}/regions/{region_id}"):
        add("PUT", f"{path}/{end}", endpoint_policy.put, status=204)
        add("GET", f"{path}/{end}", endpoint_policy.check, status=204)
        add("DELETE", f"{path}/{end}", endpoint_policy.delete, status=204)

    _domain_config(service)
    _endpoint_filter(service)
    _federation(service)


def _domain_config(service: Service) -> None:
    add = service.add
    for end in ("", "/{group}", "/{group}/{option}"):
        path = f"/v3/domains/{{domain_id}}/config{end}"
        add("GET", path, domain_config.show)
        add("PATCH", path, domain_config.update)
        add("DELETE", path, domain_config.delete)
        add("GET", f"/v3/domains/config{end}/default", domain_config.default)
    add("PUT", "/v3/domains/{domain_id}/config", domain_config.put)


def _endpoint_filter(service: Service) -> None:
    add = service.add
    path = "/v3/OS-EP-FILTER/endpoint_groups"
    add("GET", path, endpoint_filter.group_index)
    add("POST", path, endpoint_filter.group_create, status=201)
    path += "/{group_id}"
    add("GET", path, endpoint_filter.group_show)
    add("PATCH", path, endpoint_filter.group_update)
    add("DELETE", path, endpoint_filter.group_delete)
    add("GET", f"{path}/endpoints", endpoint_filter.group_endpoints)
    add("GET", f"{path}/projects", endpoint_filter.group_projects)
    path += "/projects/{project_id}"
    add("PUT", path, endpoint_filter.group_add)
    add("GET", path, endpoint_filter.group_check)
    add("DELETE", path, endpoint_filter.group_remove)
    path = "/v3/OS-EP-FILTER/projects/{project_id}/endpoints"
    add("GET", path, endpoint_filter.project_index)
    add("PUT", f"{path}/{{endpoint_id}}", endpoint_filter.add)
    add("GET", f"{path}/{{endpoint_id}}", endpoint_filter.check)
    add("DELETE", f"{path}/{{endpoint_id}}", endpoint_filter.remove)
    add("GET", "/v3/OS-EP-FILTER/projects/{project_id}/endpoint_groups", endpoint_filter.project_groups)
    add("GET", "/v3/OS-EP-FILTER/endpoints/{endpoint_id}/projects", endpoint_filter.endpoint_projects)


def _federation(service: Service) -> None:
    add = service.add
    top = "/v3/OS-FEDERATION"
    idps = f"{top}/identity_providers"
    add("GET", idps, federation.index)
    for path, of, noun in (
        (f"{idps}/{{idp_id}}", federation, ""),
        (f"{idps}/{{idp_id}}/protocols/{{protocol_id}}", federation, "protocol_"),
        (f"{top}/mappings/{{mapping_id}}", federation_rules, "mapping_"),
        (f"{top}/service_providers/{{sp_id}}", federation_rules, "provider_"),
    ):
        show, create, update, delete = (getattr(of, f"{noun}{verb}") for verb in ("show", "create", "update", "delete"))
        add("GET", path, show)
        add("PUT", path, create, status=201)
        add("PATCH", path, update)
        add("DELETE", path, delete)
    add("GET", f"{idps}/{{idp_id}}/protocols", federation.protocol_index)
    add("GET", f"{top}/mappings", federation_rules.mapping_index)
    add("GET", f"{top}/service_providers", federation_rules.provider_index)
