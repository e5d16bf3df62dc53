"""The mended parts, as a learner might write them: the stored solutions, and what checks put around an answer."""

from http import HTTPStatus

routes = {
    "list_backups": "GET /backups",
    "create_backup": "POST /backups",
    "show_backup": "GET /backups/{id}",
    "delete_backup": "DELETE /backups/{id}",
}


def create_schedule(request):
    schedule = {"id": request.store.new_id(), **request.body["schedule"]}
    request.store.schedules[schedule["id"]] = schedule
    return 201, {"schedule": schedule}, {"Location": f"{request.url}/{schedule['id']}"}


def create_backup(request):
    store = request.store
    if len(store.backups) >= store.quota:
        return request.fail(403, "quota-exceeded", f"Your quota is {store.quota} backups.")
    backup = store.start(request.body["backup"])
    return 202, {"backup": backup}, {"Location": f"{request.url}/{backup['id']}"}


def delete_backup(request, id):
    backup = request.store.backups.get(id)
    if backup is None:
        return request.fail(404, "no-such-backup", f"There is no backup {id}.")
    if backup["state"] == "copying":
        return request.fail(409, "still-copying", f"Backup {id} is still being copied.")
    del request.store.backups[id]
    return 204, None, {}


def validate(request):
    backup = request.body.get("backup") if isinstance(request.body, dict) else None
    if not isinstance(backup, dict):
        return request.fail(400, "no-backup", "The body has no JSON object `backup`.")
    for member in backup:
        if member not in ("name", "server_id", "description"):
            return request.fail(400, "unknown-member", f"A backup has no member {member}.")
    for member in ("name", "server_id"):
        if not isinstance(backup.get(member), str):
            return request.fail(400, "bad-member", f"A backup needs a text {member}.")
    return None


def problem(request, status, cause, detail):
    error = {
        "request_id": request.id,
        "code": f"backup.{cause}",
        "status": status,
        "title": HTTPStatus(status).phrase,
        "detail": detail,
        "links": [{"rel": "help", "href": f"https://docs.example.org/backup/errors/{cause}"}],
    }
    return {"errors": [error]}


def page(request, rows):
    ids = [row["id"] for row in rows]
    limit, marker = request.query.get("limit", str(request.store.most)), request.query.get("marker")
    if not limit.isdigit() or limit == "0":
        return request.fail(400, "bad-limit", f"The limit {limit} is no number above 0.")
    if marker is not None and marker not in ids:
        return request.fail(400, "bad-marker", f"There is no backup {marker} to go on from.")
    start = ids.index(marker) + 1 if marker else 0
    shown = rows[start : start + min(int(limit), request.store.most)]
    more = start + len(shown) < len(rows)
    return shown, [{"rel": "next", "href": request.link(marker=shown[-1]["id"])}] if more else []


def select(request, rows):
    known = ("name", "server_id", "state")
    for field, value in request.query.items():
        if field in known:
            rows = [row for row in rows if row[field] == value]
        elif field not in ("limit", "marker", "sort"):
            return request.fail(400, "unknown-parameter", f"There is no parameter {field}.")
    for pair in reversed(request.query["sort"].split(",") if "sort" in request.query else []):
        field, _, direction = pair.partition(":")
        if field not in (*known, "created_at") or direction not in ("", "asc", "desc"):
            return request.fail(400, "bad-sort", f"It cannot be sorted by {pair}.")
        rows = sorted(rows, key=lambda row: row[field], reverse=direction == "desc")
    return rows


def negotiate(request, wanted):
    low, high = (".".join(map(str, version)) for version in (request.low, request.high))
    for part in (wanted or "").split(","):
        kind, _, text = part.strip().partition(" ")
        if kind != "backup":
            continue
        if text == "latest":
            return request.high
        numbers = text.split(".")
        if len(numbers) != 2 or not all(map(str.isdigit, numbers)):
            return request.fail(400, "bad-version", f"{text} is no version X.Y.")
        version = tuple(map(int, numbers))
        if not request.low <= version <= request.high:
            return request.fail(406, "no-such-version", f"{text} is not offered.", min_version=low, max_version=high)
        return version
    return request.low


def view(row, version):
    return {name: value for name, value in row.items() if name != "description" or version >= (1, 10)}


def discover(request):
    low, high = (".".join(map(str, version)) for version in (request.low, request.high))
    links = [{"rel": rel, "href": request.url} for rel in ("self", "collection")]
    return {"versions": [{"id": "v1", "status": "CURRENT", "min_version": low, "max_version": high, "links": links}]}
