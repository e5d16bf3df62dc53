"""How the tests of block storage ask."""


def ask(conn, method, path, body=None, version="3.71", **headers):
    """A request as it is, with its answer whatever that is."""
    return conn.block_storage.request(
        path, method, json=body, microversion=version, raise_exc=False, headers=headers or None
    )


def message(answer):
    """The text of a refusal."""
    (inner,) = answer.json().values()
    return inner["message"]


def make(conn, size=1, **more):
    """A volume, once it is there."""
    return conn.create_volume(size, **{"name": "v", "wait": True, **more})


def act(conn, volume, name, inner=None, version="3.71"):
    """The answer to an action on a volume."""
    return ask(conn, "POST", f"/volumes/{volume.id}/action", {name: inner}, version)


def boot(conn, **more):
    """A server, once it runs."""
    return conn.create_server("s", flavor="m1.tiny", wait=True, **{"image": "cirros", **more})
