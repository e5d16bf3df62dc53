"""Falcon's router, told at once which methods a path has instead of searching each resource for them."""

from __future__ import annotations

from typing import Any

from falcon.routing import CompiledRouter
from falcon.routing.compiled import MethodDict


class Router(CompiledRouter):
    """A `CompiledRouter` for resources that carry their `responders`, method by method."""

    def map_http_methods(self, resource: Any, **kwargs: Any) -> MethodDict:
        """The resource's responders; each is a plain function of request, response and the path's parameters."""
        return dict(resource.responders)

    def _require_non_coroutine_responders(self, method_map: MethodDict) -> None:
        """Nothing: ours are plain functions, and looking at 5,000 of them takes longer than a cloud's start."""
