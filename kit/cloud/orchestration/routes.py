"""Paths of the orchestration service and what answers them."""

from __future__ import annotations

from kit.cloud.orchestration import (
    about,
    previewing,
    resource_types,
    software,
    stack_actions,
    stack_events,
    stack_making,
    stack_resources,
    stacks,
    templates,
)
from kit.cloud.orchestration.service import versions
from kit.cloud.service import Function, Service

ROOT = "/v1/{tenant}"


def add_to(service: Service) -> None:
    """Let the orchestration service answer."""

    def add(method: str, template: str, function: Function, status: int | None = None, open: bool = False) -> None:
        service.add(method, ROOT + template, function, status=status, open=open)

    service.add("GET", "/", versions, open=True)

    add("GET", "/stacks", stacks.index)
    add("POST", "/stacks", stack_making.create, status=201)
    add("GET", "/stacks/detail", stacks.detail)
    add("POST", "/stacks/preview", previewing.preview)
    add("POST", "/validate", templates.validate)

    for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        add(method, "/stacks/{stack_name}", stacks.lookup)

    ONE = "/stacks/{stack_name}/{stack_id}"
    add("GET", ONE, stacks.show)  # also NAME/resources and the like, which are redirected
    add("POST", ONE, stacks.lookup_part)
    add("PUT", ONE, stack_making.update)
    add("PATCH", ONE, stack_making.update)
    add("DELETE", ONE, stack_making.delete)
    add("PUT", f"{ONE}/preview", previewing.preview_update)
    add("PATCH", f"{ONE}/preview", previewing.preview_update)
    add("DELETE", f"{ONE}/abandon", stack_making.abandon, status=200)
    add("GET", f"{ONE}/export", stack_making.export)
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        add(method, f"{ONE}/{{arn_id}}", stacks.lookup_arn)
        add(method, f"{ONE}/{{arn_id}}/{{rest:path}}", stacks.lookup_arn)
    add("GET", f"{ONE}/template", stacks.template)
    add("GET", f"{ONE}/environment", stacks.environment)
    add("GET", f"{ONE}/files", stacks.files)
    add("GET", f"{ONE}/outputs", stacks.outputs)
    add("GET", f"{ONE}/outputs/{{key}}", stacks.output_show)
    add("POST", f"{ONE}/actions", stack_actions.act)

    add("POST", f"{ONE}/snapshots", stack_actions.snapshot)
    add("GET", f"{ONE}/snapshots", stack_actions.snapshot_index)
    add("GET", f"{ONE}/snapshots/{{snapshot_id}}", stack_actions.snapshot_show)
    add("DELETE", f"{ONE}/snapshots/{{snapshot_id}}", stack_actions.snapshot_delete)
    add("POST", f"{ONE}/snapshots/{{snapshot_id}}/restore", stack_actions.restore)

    RESOURCE = f"{ONE}/resources/{{resource_name}}"
    add("GET", f"{ONE}/resources", stack_resources.index)
    add("GET", RESOURCE, stack_resources.show)
    add("PATCH", RESOURCE, stack_resources.mark)
    add("GET", f"{RESOURCE}/metadata", stack_resources.metadata)
    # A server signals without a token of the project: the address or the handle has one of its own.
    add("POST", f"{RESOURCE}/signal", stack_resources.signal, open=True)
    add("PUT", f"{RESOURCE}/signal", stack_resources.signal, open=True)
    add("GET", f"{RESOURCE}/events", stack_events.index)
    add("GET", f"{RESOURCE}/events/{{event_id}}", stack_events.show)
    add("GET", f"{ONE}/events", stack_events.index)

    add("GET", "/resource_types", resource_types.index)
    add("GET", "/resource_types/{type_name}", resource_types.show)
    add("GET", "/resource_types/{type_name}/template", resource_types.template)
    add("GET", "/template_versions", templates.versions)
    add("GET", "/template_versions/{version}/functions", templates.functions)

    add("GET", "/software_configs", software.config_index)
    add("POST", "/software_configs", software.config_create)
    add("GET", "/software_configs/{config_id}", software.config_show)
    add("DELETE", "/software_configs/{config_id}", software.config_delete)
    add("GET", "/software_deployments", software.deployment_index)
    add("POST", "/software_deployments", software.deployment_create)
    add("GET", "/software_deployments/metadata/{server_id}", software.metadata)
    add("GET", "/software_deployments/{deployment_id}", software.deployment_show)
    add("PUT", "/software_deployments/{deployment_id}", software.deployment_update)
    add("DELETE", "/software_deployments/{deployment_id}", software.deployment_delete)

    add("GET", "/build_info", about.build_info)
    add("GET", "/services", about.services)
