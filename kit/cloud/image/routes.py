"""Paths of the image service and what answers them."""

from __future__ import annotations

from kit.cloud.image import (
    cache,
    data,
    images,
    imports,
    locations,
    metadef_items,
    metadef_schemas,
    metadefs,
    patching,
    schemas,
    sharing,
    tasks,
)
from kit.cloud.image.service import ImageService, health, listed, to_root, versions

service = ImageService(
    type="image", name="glance", path="/image", empty_type="text/html; charset=UTF-8", strips_slash=False
)
add = service.add

for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"):
    add(method, "/", versions, open=True)
    add(method, "/versions", listed, open=True)
add("GET", "/healthcheck", health, open=True)
add("GET", "/v2", to_root)

add("GET", "/v2/images", images.index)
add("POST", "/v2/images", images.create)
add("GET", "/v2/images/{image_id}", images.show)
add("PATCH", "/v2/images/{image_id}", patching.update)
add("DELETE", "/v2/images/{image_id}", images.delete)
add("GET", "/v2/images/{image_id}/file", data.download)
add("PUT", "/v2/images/{image_id}/file", data.upload)
add("PUT", "/v2/images/{image_id}/stage", data.stage)
add("POST", "/v2/images/{image_id}/import", imports.create)
add("POST", "/v2/images/{image_id}/actions/deactivate", data.deactivate)
add("POST", "/v2/images/{image_id}/actions/reactivate", data.reactivate)
add("GET", "/v2/images/{image_id}/locations", locations.index)
add("POST", "/v2/images/{image_id}/locations", locations.create)
add("DELETE", "/v2/stores/{store_id}/{image_id}", locations.delete)

add("GET", "/v2/images/{image_id}/members", sharing.index)
add("POST", "/v2/images/{image_id}/members", sharing.create)
add("GET", "/v2/images/{image_id}/members/{member_id}", sharing.show)
add("PUT", "/v2/images/{image_id}/members/{member_id}", sharing.update)
add("DELETE", "/v2/images/{image_id}/members/{member_id}", sharing.delete)
add("PUT", "/v2/images/{image_id}/tags/{tag}", sharing.add_tag)
add("DELETE", "/v2/images/{image_id}/tags/{tag}", sharing.remove_tag)

add("GET", "/v2/info/import", data.import_info)
add("GET", "/v2/info/stores", data.stores_info)
add("GET", "/v2/info/stores/detail", data.stores_detail)
add("GET", "/v2/info/usage", data.usage)
add("GET", "/v2/schemas/image", lambda call: schemas.IMAGE)
add("GET", "/v2/schemas/images", lambda call: schemas.collection(schemas.IMAGE, "images", paged=True))
add("GET", "/v2/schemas/member", lambda call: schemas.MEMBER)
add("GET", "/v2/schemas/members", lambda call: schemas.collection(schemas.MEMBER, "members"))
for name, schema in metadef_schemas.documents().items():
    add("GET", f"/v2/schemas/{name}", lambda call, _schema=schema: _schema)

add("GET", "/v2/tasks", tasks.index)
add("POST", "/v2/tasks", tasks.create)
add("GET", "/v2/tasks/{task_id}", tasks.show)
add("DELETE", "/v2/tasks/{task_id}", tasks.delete)
add("GET", "/v2/images/{image_id}/tasks", tasks.of_image)
service.on("image.task", tasks.done)
service.on("image.import", imports.done)
service.on("image.location", locations.done)

add("GET", "/v2/cache", cache.index)
add("DELETE", "/v2/cache", cache.clear)
add("PUT", "/v2/cache/{image_id}", cache.queue)
add("DELETE", "/v2/cache/{image_id}", cache.delete)
add("GET", "/v2/cache/nodes/{image_id}", cache.nodes)
add("POST", "/v2/cache/clean", cache.clean)
add("POST", "/v2/cache/prune", cache.prune)
service.on("image.cache", cache.done)

add("GET", "/v2/metadefs/namespaces", metadefs.index)
add("POST", "/v2/metadefs/namespaces", metadefs.create)
add("GET", "/v2/metadefs/namespaces/{namespace}", metadefs.show)
add("PUT", "/v2/metadefs/namespaces/{namespace}", metadefs.update)
add("DELETE", "/v2/metadefs/namespaces/{namespace}", metadefs.delete)
metadef_items.add_to(service)
