"""The stacks of any cloud, read through openstacksdk: trees, deployments, types, plans; as plain data.

    import openstack
    from kit.hot.remote import Heat, read_tree

    heat = Heat(openstack.connect(cloud="mine"))
    read_tree(heat, "web")                  # states, and the reason of the leaf that failed
    read_deployments(heat, "web").failed    # what scripts on servers said
    read_types(heat, "neutron*")            # support status, since when, what replaces it
    read_stack(heat, "web")                 # outputs, parameters, resources

Nothing here is of the mock cloud: Heat's own API is asked, and any refusal ends as `RemoteError`.
"""

from __future__ import annotations

from kit.hot.remote.client import Heat, RemoteError
from kit.hot.remote.deployments import Deployment, Deployments, read_deployments
from kit.hot.remote.details import Output, StackDetails, read_stack
from kit.hot.remote.planning import Request, plan_create, plan_update, read_request
from kit.hot.remote.tree import Node, Tree, read_tree
from kit.hot.remote.types import Types, TypeSupport, offline_types, read_types
from kit.hot.remote.watching import last_event, watch

__all__ = [
    "Deployment",
    "Deployments",
    "Heat",
    "Node",
    "Output",
    "RemoteError",
    "Request",
    "StackDetails",
    "Tree",
    "TypeSupport",
    "Types",
    "last_event",
    "offline_types",
    "plan_create",
    "plan_update",
    "read_deployments",
    "read_request",
    "read_stack",
    "read_tree",
    "read_types",
    "watch",
]
