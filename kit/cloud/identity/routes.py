"""Paths of the identity service and what answers them."""

from __future__ import annotations

from kit.cloud.identity import (
    access_rules,
    app_credentials,
    auth,
    catalog_admin,
    credentials,
    ec2_tokens,
    grants,
    groups,
    limits,
    project_tags,
    projects,
    roles,
    routes_more,
    users,
)  # fmt: skip
from kit.cloud.identity.service import MALFORMED, IdentityService, version, versions

service = IdentityService(
    type="identity", name="keystone", path="/identity", endpoint="/v3", head_as_get=True,
    malformed_body=MALFORMED,
)  # fmt: skip
add = service.add

add("GET", "/", versions, open=True)
add("GET", "/v3", version, open=True)

add("POST", "/v3/auth/tokens", auth.create, status=201, open=True)
add("GET", "/v3/auth/tokens", auth.show)
add("HEAD", "/v3/auth/tokens", auth.check)
add("DELETE", "/v3/auth/tokens", auth.revoke)
add("GET", "/v3/auth/catalog", auth.list_catalog)
add("POST", "/v3/ec2tokens", ec2_tokens.ec2)
add("POST", "/v3/s3tokens", ec2_tokens.s3)
add("GET", "/v3/auth/projects", projects.auth_projects)
add("GET", "/v3/auth/domains", projects.auth_domains)
add("GET", "/v3/auth/system", projects.auth_system)

add("GET", "/v3/projects", projects.index)
add("POST", "/v3/projects", projects.create, status=201)
add("GET", "/v3/projects/{project_id}", projects.show)
add("PATCH", "/v3/projects/{project_id}", projects.update)
add("DELETE", "/v3/projects/{project_id}", projects.delete)
add("GET", "/v3/projects/{project_id}/tags", project_tags.index)
add("PUT", "/v3/projects/{project_id}/tags", project_tags.replace)
add("DELETE", "/v3/projects/{project_id}/tags", project_tags.clear)
add("PUT", "/v3/projects/{project_id}/tags/{tag}", project_tags.add, status=201)
add("GET", "/v3/projects/{project_id}/tags/{tag}", project_tags.check)
add("HEAD", "/v3/projects/{project_id}/tags/{tag}", project_tags.check)
add("DELETE", "/v3/projects/{project_id}/tags/{tag}", project_tags.remove)

add("GET", "/v3/domains", projects.domain_index)
add("POST", "/v3/domains", projects.domain_create, status=201)
add("GET", "/v3/domains/{domain_id}", projects.domain_show)
add("PATCH", "/v3/domains/{domain_id}", projects.domain_update)
add("DELETE", "/v3/domains/{domain_id}", projects.domain_delete)

add("GET", "/v3/users", users.index)
add("POST", "/v3/users", users.create, status=201)
add("GET", "/v3/users/{user_id}", users.show)
add("PATCH", "/v3/users/{user_id}", users.update)
add("DELETE", "/v3/users/{user_id}", users.delete)
add("POST", "/v3/users/{user_id}/password", users.change_password, status=204)
add("GET", "/v3/users/{user_id}/groups", users.groups_of)
add("GET", "/v3/users/{user_id}/projects", projects.of_user)
add("GET", "/v3/users/{user_id}/access_rules", access_rules.index)
add("GET", "/v3/users/{user_id}/access_rules/{rule_id}", access_rules.show)
add("DELETE", "/v3/users/{user_id}/access_rules/{rule_id}", access_rules.delete)
add("GET", "/v3/users/{user_id}/application_credentials", app_credentials.index)
add("POST", "/v3/users/{user_id}/application_credentials", app_credentials.create)
add("GET", "/v3/users/{user_id}/application_credentials/{id}", app_credentials.show)
add("DELETE", "/v3/users/{user_id}/application_credentials/{id}", app_credentials.delete)

add("GET", "/v3/groups", groups.index)
add("POST", "/v3/groups", groups.create, status=201)
add("GET", "/v3/groups/{group_id}", groups.show)
add("PATCH", "/v3/groups/{group_id}", groups.update)
add("DELETE", "/v3/groups/{group_id}", groups.delete)
add("GET", "/v3/groups/{group_id}/users", groups.members)
add("PUT", "/v3/groups/{group_id}/users/{user_id}", groups.add_member)
add("GET", "/v3/groups/{group_id}/users/{user_id}", groups.check_member)
add("DELETE", "/v3/groups/{group_id}/users/{user_id}", groups.remove_member)

add("GET", "/v3/roles", roles.index)
add("POST", "/v3/roles", roles.create, status=201)
add("GET", "/v3/roles/{role_id}", roles.show)
add("PATCH", "/v3/roles/{role_id}", roles.update)
add("DELETE", "/v3/roles/{role_id}", roles.delete)
add("GET", "/v3/role_inferences", roles.inference_index)
add("GET", "/v3/roles/{role_id}/implies", roles.implied_index)
add("PUT", "/v3/roles/{role_id}/implies/{implied_id}", roles.implied_create)
add("GET", "/v3/roles/{role_id}/implies/{implied_id}", roles.implied_show)
add("HEAD", "/v3/roles/{role_id}/implies/{implied_id}", roles.implied_check)
add("DELETE", "/v3/roles/{role_id}/implies/{implied_id}", roles.implied_delete)

add("GET", "/v3/role_assignments", grants.assignment_index)
add("HEAD", "/v3/role_assignments", grants.assignment_index)
for target in ("/v3/projects/{project_id}", "/v3/domains/{domain_id}", "/v3/system"):
    for actor in ("/users/{user_id}", "/groups/{group_id}"):
        plain = [(target + actor + "/roles", "")]
        if target != "/v3/system":
            plain.append(("/v3/OS-INHERIT" + target[3:] + actor + "/roles", "/inherited_to_projects"))
        for path, end in plain:
            if "OS-INHERIT/projects" not in path:
                add("GET", path + end, grants.index)
            add("PUT", path + "/{role_id}" + end, grants.put)
            add("GET", path + "/{role_id}" + end, grants.check)
            add("HEAD", path + "/{role_id}" + end, grants.check)
            add("DELETE", path + "/{role_id}" + end, grants.revoke)

add("GET", "/v3/credentials", credentials.index)
add("POST", "/v3/credentials", credentials.create, status=201)
add("GET", "/v3/credentials/{id}", credentials.show)
add("PATCH", "/v3/credentials/{id}", credentials.update)
add("DELETE", "/v3/credentials/{id}", credentials.delete)

for noun in ("region", "service", "endpoint"):
    of = {verb: getattr(catalog_admin, f"{noun}_{verb}") for verb in ("index", "create", "show", "update", "delete")}
    add("GET", f"/v3/{noun}s", of["index"])
    add("POST", f"/v3/{noun}s", of["create"], status=201)
    add("GET", f"/v3/{noun}s/{{{noun}_id}}", of["show"])
    add("PATCH", f"/v3/{noun}s/{{{noun}_id}}", of["update"])
    add("DELETE", f"/v3/{noun}s/{{{noun}_id}}", of["delete"])
add("PUT", "/v3/regions/{region_id}", catalog_admin.region_create, status=201)

add("GET", "/v3/limits/model", limits.model)
add("GET", "/v3/limits", limits.index)
add("POST", "/v3/limits", limits.create)
add("GET", "/v3/limits/{id}", limits.show)
add("PATCH", "/v3/limits/{id}", limits.update)
add("DELETE", "/v3/limits/{id}", limits.delete)
add("GET", "/v3/registered_limits", limits.registered_index)
add("POST", "/v3/registered_limits", limits.registered_create)
add("GET", "/v3/registered_limits/{id}", limits.registered_show)
add("PATCH", "/v3/registered_limits/{id}", limits.registered_update)
add("DELETE", "/v3/registered_limits/{id}", limits.registered_delete)

routes_more.add_to(service)
