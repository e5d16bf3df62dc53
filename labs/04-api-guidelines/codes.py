"""Structure and codes: paths, creating at once and later, deleting, looking at what was sent."""

from __future__ import annotations

import inspect
import re
from typing import Any

from kit.guidelines import Config, Exchange, audit
from kit.lab import Lab, NotYet, Step, Wrong
from kit.lab.answers import function, shown

from . import right
from .backups import failed
from .drive import Bench, answering, not_yet

NAMES = tuple(right.routes)


def solution(name: str) -> str:
    """The stored solution of a part, with the imports that it needs."""
    needs = "from http import HTTPStatus\n\n\n" if name == "problem" else ""
    return needs + inspect.getsource(getattr(right, name))


def described(routes: dict[str, str]) -> dict[str, Any]:
    """The description of a service with these routes."""
    one = {"type": "object", "properties": {"backup": {"type": "object"}}}
    many = {"type": "object", "properties": {"backups": {"type": "array", "items": {}}}}
    answers = {
        "list_backups": ("200", many),
        "create_backup": ("202", one),
        "show_backup": ("200", one),
        "delete_backup": ("204", None),
    }
    paths: dict[str, Any] = {}
    for name, (code, schema) in answers.items():
        method, path = routes[name].split(" ", 1)
        content = {"content": {"application/json": {"schema": schema}}} if schema else {}
        paths.setdefault(path, {})[method.lower()] = {"responses": {code: {"description": "Done", **content}}}
    return {"openapi": "3.1.0", "info": {"title": "Backups", "version": "1"}, "paths": paths}


ROUTES = "routes = " + repr(right.routes)


class Paths(Step):
    name = "paths"
    title = "Paths that name things"
    minutes = 5
    variables = ("routes",)
    hints = (
        "A path names a thing, the method says what to do with it: no verb belongs in a path.",
        "A collection is a plural noun in lower case, and a member stands below it: /backups and /backups/{id}.",
        ROUTES,
    )
    solution = ROUTES
    wrong = {
        "verb": Wrong(ROUTES.replace("DELETE /backups/{id}", "POST /backups/{id}/delete"), "UR-02"),
        "get-deletes": Wrong(ROUTES.replace("DELETE /backups/{id}", "GET /backups/{id}/delete"), "GET never changes"),
        "singular": Wrong(ROUTES.replace("/backups", "/backup"), "not a plural"),
        "capitals": Wrong(ROUTES.replace("/backups", "/Backups"), "NM-02"),
        "underscore": Wrong(ROUTES.replace("/backups", "/server_backups"), "NM-03"),
        "new": Wrong(ROUTES.replace("POST /backups", "POST /backups/new"), "two places"),
        "put": Wrong(ROUTES.replace("POST /backups", "PUT /backups"), "METH-04"),
        "lacking": Wrong("routes = {'list_backups': 'GET /backups'}", "create_backup"),
    }

    def check(self, lab: Lab, routes: Any) -> str:
        if not isinstance(routes, dict):
            raise NotYet(f"Your routes are {shown(routes)}.", "A dictionary with the same four names was asked for.")
        lacking, more = [name for name in NAMES if name not in routes], [name for name in routes if name not in NAMES]
        if lacking or more:
            told = f"lack {', '.join(lacking)}" if lacking else f"have more: {', '.join(map(str, more))}"
            raise NotYet(f"Your routes {told}.", "A dictionary with the same four names was asked for.")
        for name, route in routes.items():
            method, _, path = str(route).partition(" ")
            if (
                not isinstance(route, str)
                or method not in ("GET", "POST", "PUT", "PATCH", "DELETE")
                or not path.startswith("/")
            ):
                raise NotYet(
                    f"{name} is {route!r}.", "A method in capitals, a blank and a path were asked for.", "GET /things"
                )
        for name in ("list_backups", "show_backup"):
            if not routes[name].startswith("GET "):
                raise not_yet(
                    "METH-01", f"{name} only reads, but its method is {routes[name].split()[0]}.", "Read by GET."
                )
        for name in ("create_backup", "delete_backup"):
            if routes[name].startswith("GET "):
                raise not_yet(
                    "METH-01", f"{name} changes something; GET never changes anything.", "Choose another method."
                )
        if routes["create_backup"].split()[0] != "POST":
            raise not_yet("METH-04", f"create_backup is {routes['create_backup']}, and the server picks the id.")
        for one, other in (("list_backups", "create_backup"), ("show_backup", "delete_backup")):
            ids = {name: re.findall(r"{(.*?)}", routes[name]) for name in (one, other)}
            odd = next((name for name, found in ids.items() if found != (["id"] if one == "show_backup" else [])), None)
            if odd and (odd == one or ids[one] != ids[other]):
                raise NotYet(
                    f"{odd} is {routes[odd]}.",
                    "The id of a backup stands in the path as {id}, and a collection has none.",
                )
        for name in NAMES:
            if re.search(r"/(/|$)", routes[name]):
                raise NotYet(f"{name} is {routes[name]}.", "Between and behind the slashes of a path stand names.")
        found = audit(described(routes), Config(only=frozenset(["UR-02", "NM-0*"])))
        if found:
            raise not_yet(found[0].rule, f"{found[0].target}: {found[0].why}")
        for one, other in (("list_backups", "create_backup"), ("show_backup", "delete_backup")):
            if routes[one].split()[1] != routes[other].split()[1]:
                raise not_yet("UR-01", f"{one} and {other} act on one thing at two places.", "Give both the same path.")
        if routes["delete_backup"].split()[0] != "DELETE":
            raise NotYet(f"delete_backup is {routes['delete_backup']}.", "Deleting has a method of its own.", "DELETE")
        bench = Bench(11, routes=routes)
        path = routes["create_backup"].split()[1]
        made = bench.ask("POST", path, {"backup": bench.fields()})
        id = made.response_body["backup"]["id"] if made.fine else ""
        if not made.fine or not bench.ask("GET", f"{path}/{id}").fine:
            raise NotYet(
                f"A backup made at {path} was not found at {path}/{id or '...'}.",
                "A member stands below its collection.",
            )
        return "Two paths, four methods: every client knows them before it has read a line."


SCHEDULE = solution("create_schedule")


class CreateNow(Step):
    name = "create"
    title = "Create at once: 201"
    minutes = 6
    variables = ("create_schedule",)
    hints = (
        "Three things come with a new resource: its code, where it is, and what it looks like.",
        "201, the body {'schedule': schedule}, and the header Location: request.url and the id below it.",
        SCHEDULE.strip(),
    )
    solution = SCHEDULE
    wrong = {
        "ok": Wrong(SCHEDULE.replace("return 201", "return 200"), "RC-01"),
        "accepted": Wrong(SCHEDULE.replace("return 201", "return 202"), "nothing is left to do"),
        "no-location": Wrong(SCHEDULE.replace("""{"Location": f"{request.url}/{schedule['id']}"}""", "{}"), "RC-02"),
        "collection": Wrong(SCHEDULE.replace("/{schedule['id']}", ""), "leads to"),
        "no-body": Wrong(SCHEDULE.replace('{"schedule": schedule}, {"L', 'None, {"L'), "RC-03"),
        "bare": Wrong(SCHEDULE.replace('201, {"schedule": schedule}', "201, schedule"), "under its name"),
        "not-kept": Wrong(SCHEDULE.replace('    request.store.schedules[schedule["id"]] = schedule\n', ""), "404"),
        "only-text": Wrong("def create_schedule(request):\n    return 'created'", "A status, a body and headers"),
    }

    def check(self, lab: Lab, create_schedule: Any) -> str:
        for seed in (21, 22):
            bench = Bench(seed, create_schedule=answering(create_schedule))
            wanted = {"name": bench.word(), "hour": bench.dice.randrange(24)}
            made = bench.ask("POST", "/schedules", {"schedule": wanted})
            if made.status == 202:
                raise NotYet(
                    "202 says that the work goes on, but nothing is left to do.", "A schedule is there at once: 201."
                )
            bench.demand("RC-01", "RC-02", "RC-03")
            place = made.response_headers["location"]
            shown = bench.ask("GET", place.removeprefix("http://localhost"))
            if not shown.fine or "schedule" not in (shown.response_body or {}):
                raise NotYet(
                    f"Your Location leads to {place}, and GET there answers {shown.status}.",
                    "It should lead to the new schedule.",
                )
            body = made.response_body
            if not isinstance(body, dict) or not isinstance(body.get("schedule"), dict):
                raise NotYet("The schedule is not under its name in your answer.", '{"schedule": {...}} was asked for.')
            if {key: body["schedule"].get(key) for key in wanted} != wanted or body != shown.response_body:
                raise NotYet("Your answer shows another schedule than GET does.", "", "Answer what you have stored.")
        return "201, where it is, and what it looks like: no client has to ask again."


BACKUP = solution("create_backup")


class CreateLater(Step):
    name = "later"
    title = "Create later: 202, and a quota"
    minutes = 6
    variables = ("create_backup",)
    hints = (
        "201 would say that the backup is there; the copying has only begun. And a quota is something forbidden.",
        "202 with Location for what will be there; request.fail(403, 'quota-exceeded', ...) once the store holds quota backups.",
        BACKUP.strip(),
    )
    solution = BACKUP
    wrong = {
        "created": Wrong(BACKUP.replace("return 202", "return 201"), "still being copied"),
        "ok": Wrong(BACKUP.replace("return 202", "return 200"), "RC-04"),
        "no-location": Wrong(
            BACKUP.replace("""{"Location": f"{request.url}/{backup['id']}"}""", "{}"), "202 without Location"
        ),
        "413": Wrong(BACKUP.replace("fail(403", "fail(413"), "RC-09"),
        "409": Wrong(BACKUP.replace("fail(403", "fail(409"), "answered 409"),
        "one-more": Wrong(BACKUP.replace(">=", ">"), "one more"),
        "one-less": Wrong(BACKUP.replace("store.backups) >=", "store.backups) + 1 >="), "too early"),
        "mute": Wrong(BACKUP.replace("request.fail(403, ", "(403, {}, {}) or ("), "does not say why"),
        "begun": Wrong(
            "def create_backup(request):\n    store = request.store\n    backup = store.start(request.body['backup'])\n"
            + "\n".join(BACKUP.replace(">=", ">").splitlines()[2:4] + BACKUP.splitlines()[5:]),
            "made all the same",
        ),
        "no-quota": Wrong(BACKUP.replace("len(store.backups) >= store.quota", "False"), "one more"),
    }

    def check(self, lab: Lab, create_backup: Any) -> str:
        for seed in (31, 32):
            bench = Bench(seed, quota=2 + seed % 3, create_backup=answering(create_backup))
            quota = bench.store.quota
            for number in range(quota):
                made = bench.ask("POST", "/backups", {"backup": bench.fields()})
                if made.failed:
                    raise NotYet(
                        f"Backup {number + 1} of a quota of {quota} was refused: too early.", "", "Compare with >=."
                    )
                if made.status == 201:
                    raise NotYet(
                        "201 says that the backup is there, but it is still being copied.", "It is accepted: 202."
                    )
                if made.status != 202:
                    raise not_yet("RC-04", f"POST /backups answered {made.status}, and the copying has only begun.")
                bench.demand("RC-04")
                if made.response_body is not None and "backup" not in made.response_body:
                    raise NotYet("The backup is not under its name in your answer.", '{"backup": {...}} was asked for.')
                place = made.response_headers["location"].removeprefix("http://localhost")
                if not bench.ask("GET", place).fine or place == "/backups":
                    raise NotYet(f"Your Location leads to {place}.", "It should lead to the new backup.")
            over = bench.ask("POST", "/backups", {"backup": bench.fields()})
            if over.fine:
                raise NotYet(
                    f"The quota is {quota}, and one more was made.", "It should be refused.", "Compare with >=."
                )
            if over.status != 403:
                raise not_yet("RC-09", f"Over quota, POST /backups answered {over.status}.")
            if not over.errors:
                raise NotYet("Your refusal does not say why.", "An error was asked for.", "request.fail(403, ...)")
            if len(bench.store.backups) > quota:
                raise NotYet("The backup was refused, and it was made all the same.", "", "Look before store.start.")
        return "Accepted is not done, and forbidden is not too large."


DELETE = solution("delete_backup")


class Delete(Step):
    name = "delete"
    title = "Delete: 204, 404, 409"
    minutes = 6
    variables = ("delete_backup",)
    hints = (
        "Three cases: it is not there, it is still being copied, it can go.",
        "A success has nothing to say: 204 and None. What is under way is in conflict: request.fail(409, ...).",
        DELETE.strip(),
    )
    solution = DELETE
    wrong = {
        "ok": Wrong(DELETE.replace("return 204, None", 'return 200, {"result": "deleted"}'), "RC-05"),
        "kept": Wrong(DELETE.replace("    del request.store.backups[id]\n", ""), "still there"),
        "silent": Wrong(
            DELETE.replace(
                'return request.fail(404, "no-such-backup", f"There is no backup {id}.")', "return 204, None, {}"
            ),
            "was never there",
        ),
        "any-state": Wrong(DELETE.replace('backup["state"] == "copying"', "False"), "in the middle of its copying"),
        "bad-request": Wrong(DELETE.replace("fail(409", "fail(400"), "RC-16"),
        "mute": Wrong(DELETE.replace('f"There is no backup {id}."', '"Not found."'), "does not say which"),
        "body": Wrong(DELETE.replace("return 204, None", "return 204, {}"), "204 has no body"),
    }

    def check(self, lab: Lab, delete_backup: Any) -> str:
        for seed in (41, 42):
            bench = Bench(seed, delete_backup=answering(delete_backup, "request, id"))
            gone, kept = bench.fill(2)
            (copying,) = bench.fill(1, "copying")
            nowhere = bench.store.new_id()
            absent = bench.ask("DELETE", f"/backups/{nowhere}")
            if absent.status != 404:
                raise NotYet(f"A backup that was never there: DELETE answered {absent.status}.", "404 was expected.")
            if nowhere not in absent.error_text:
                raise NotYet("Your 404 does not say which backup is not there.", "", "Put the id into the text.")
            busy = bench.ask("DELETE", f"/backups/{copying['id']}")
            if busy.fine:
                raise not_yet("RC-16", "A backup was deleted in the middle of its copying.")
            if busy.status != 409:
                raise not_yet("RC-16", f"A backup that is being copied: DELETE answered {busy.status}.")
            done = bench.ask("DELETE", f"/backups/{gone['id']}")
            if done.status == 204 and bench.ask("GET", f"/backups/{gone['id']}").fine:
                raise NotYet(
                    "DELETE answered 204, and the backup is still there.", "", "Take it out of request.store.backups."
                )
            if done.status == 204 and done.response_body is not None:
                raise NotYet(f"204 has no body, yours is {shown(done.response_body)}.", "", "return 204, None, {}")
            bench.demand("RC-05")
            if not bench.ask("GET", f"/backups/{kept['id']}").fine:
                raise NotYet("Another backup went, too.", "One was asked for.")
        return "The client learns from the number alone what to do next: nothing, look again, or wait."


def _detail(refused: Exchange) -> str:
    """What a refusal says, in a few words."""
    return f" {shown(refused.errors[0].get('detail'))}" if refused.errors else f" {refused.status}"


VALIDATE = solution("validate")
CASES = (
    ("no JSON", b'{"backup": {'),
    ("a list", []),
    ("no backup in it", {"name": "x"}),
    ("a backup that is a text", {"backup": "x"}),
)


class Validate(Step):
    name = "validate"
    title = "Say what is wrong: 400"
    minutes = 7
    variables = ("validate",)
    hints = (
        "Every mistake that the client can mend is 400. A member that nobody knows is a mistake, too: it may be misspelt.",
        "Look in this order: is there a JSON object `backup`; are all its members known; are name and server_id texts?",
        VALIDATE.strip(),
    )
    solution = VALIDATE
    wrong = {
        "422": Wrong(VALIDATE.replace('fail(400, "no-backup"', 'fail(422, "no-backup"'), "RC-10"),
        "lenient": Wrong(VALIDATE.replace("if member not in (", "if False and member not in ("), "RC-13"),
        "mute": Wrong(VALIDATE.replace('f"A backup has no member {member}."', '"Bad request."'), "does not name it"),
        "no-name": Wrong(VALIDATE.replace('for member in ("name", "server_id"):', 'for member in ("server_id",):'), "without a name"),
        "any-kind": Wrong(VALIDATE.replace("not isinstance(backup.get(member), str)", "member not in backup"), "a number"),
        "strict": Wrong(VALIDATE.replace(', "description"', ""), "was refused"),
        "all-three": Wrong(VALIDATE.replace('"server_id"):', '"server_id", "description"):'), "may be left away"),
        "crash": Wrong(VALIDATE.replace(' if isinstance(request.body, dict) else None', ""), "in line"),
    }  # fmt: skip

    def check(self, lab: Lab, validate: Any) -> str:
        run = function(validate, "request to a refusal or None", nothing=True)
        tried: list[Any] = []

        def seen(request: Any) -> Any:
            tried.append(run(request))
            if tried[-1] is not None and not failed(tried[-1]):
                raise NotYet(
                    f"Your function gives {shown(tried[-1])}.",
                    "It should give a refusal, or None.",
                    "return request.fail(400, ...)",
                )
            return tried[-1]

        def sent(bench: Bench, body: Any) -> int:
            """What a body is answered by; 0 where it was let through, and broke the part behind."""
            tried.clear()
            try:
                return bench.ask("POST", "/backups", body).status
            except NotYet:
                raise
            except Exception:
                if not tried:
                    raise
                return 0

        for seed in (51, 52):
            bench = Bench(seed, validate=seen)
            fine = bench.ask("POST", "/backups", {"backup": bench.fields() | {"description": bench.word()}})
            if fine.failed:
                raise NotYet(
                    f"A right backup was refused:{_detail(fine)}", "name, server_id and description are known."
                )
            bare = bench.ask("POST", "/backups", {"backup": bench.fields()})
            if bare.failed:
                raise NotYet(f"A backup without a description was refused:{_detail(bare)}", "It may be left away.")
            for what, body in CASES:
                status = sent(bench, body)
                if status != 400:
                    told = f"answered by {status}" if status else "let through, and the next part broke on it"
                    raise not_yet("RC-10", f"A body with {what} was {told}.")
            strange = bench.word().replace("-", "_")
            status = sent(bench, {"backup": bench.fields() | {strange: 1}})
            if status != 400:
                raise not_yet("RC-13", f"The unknown member {strange} was answered by {status}.")
            if strange not in bench.exchanges[-1].error_text:
                raise NotYet(
                    f"The member {strange} is unknown, and your text does not name it.", "", "Say which member it is."
                )
            for member in ("name", "server_id"):
                fields = bench.fields()
                del fields[member]
                if sent(bench, {"backup": fields}) != 400:
                    raise NotYet(f"A backup was made without a {member}.", "name and server_id must be there: 400.")
                if sent(bench, {"backup": fields | {member: seed}}) != 400:
                    raise NotYet(f"A backup was made with a number as its {member}.", "Both are texts: 400.")
        return "A client that is told which member is wrong is mended in a minute."
