"""An OpenAPI 3.1 description of the cloud, generated from its routes and from the schemas in its code."""

from kit.cloud.openapi.description import document

__all__ = ["document"]
