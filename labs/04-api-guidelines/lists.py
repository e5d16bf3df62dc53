"""Errors and lists: one shape for every refusal, pages under change, filters and order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kit.lab import Lab, NotYet, Step, Wrong
from kit.lab.answers import function, shown

from .backups import failed
from .codes import solution
from .drive import Bench, not_yet

PROBLEM = solution("problem")
CODES = ("quota-exceeded", "still-copying", "no-such-backup", "bad-marker", "unknown-member")


class Problem(Step):
    name = "problem"
    title = "One shape for every error"
    minutes = 7
    variables = ("problem",)
    hints = (
        "The body is a list `errors`, so that a service can add its own error before one that it was given.",
        "Each error has code, status, title, detail and links; request.id goes into request_id. kit api rules ER-02, ER-03 and ER-06 tell more.",
        PROBLEM.strip(),
    )
    solution = PROBLEM
    wrong = {
        "alone": Wrong(PROBLEM.replace('{"errors": [error]}', "error"), "ER-01"),
        "no-links": Wrong(PROBLEM.replace('"links": [', '"about": ['), "no links"),
        "no-help": Wrong(PROBLEM.replace('"rel": "help"', '"rel": "related"'), "ER-06"),
        "bare-code": Wrong(PROBLEM.replace('f"backup.{cause}"', "cause"), "ER-03"),
        "code-name": Wrong(PROBLEM.replace('f"backup.{cause}"', 'f"freezer.{cause}"'), "begins with a code name"),
        "one-code": Wrong(PROBLEM.replace('f"backup.{cause}"', '"backup.error"'), "ER-07"),
        "fixed-status": Wrong(PROBLEM.replace('"status": status', '"status": 400'), "ER-04"),
        "other-id": Wrong(PROBLEM.replace("request.id", '"req-1"'), "ER-05"),
        "title": Wrong(PROBLEM.replace("HTTPStatus(status).phrase", "detail"), "ER-08"),
        "no-id": Wrong(PROBLEM.replace('"request_id": request.id,', ""), "which request"),
        "no-detail": Wrong(PROBLEM.replace('"detail": detail', '"detail": ""'), "your detail"),
    }

    def check(self, lab: Lab, problem: Any) -> str:
        bench = Bench(61, quota=1, problem=self._telling(problem))
        nowhere = [bench.store.new_id() for _ in range(2)]
        (copying,) = bench.fill(1, "copying")
        causes = []
        for cause, method, uri, body in (
            ("absent", "GET", f"/backups/{nowhere[0]}", None), ("absent", "GET", f"/backups/{nowhere[1]}", None),
            ("quota", "POST", "/backups", {"backup": bench.fields()}), ("busy", "DELETE", f"/backups/{copying['id']}", None),
            ("limit", "GET", "/backups?limit=x", None), ("sort", "GET", "/backups?sort=colour", None),
        ):  # fmt: skip
            bench.ask(method, uri, body)
            causes.append(cause)
        bench.demand("ER-0*", "ER-10", causes=causes)
        first = bench.exchanges[0].errors[0]
        if not first.get("request_id"):
            raise NotYet(
                "Your error does not say which request it answers.",
                "An operator finds the request by it.",
                '"request_id": request.id',
            )
        if nowhere[0] not in str(first["detail"]):
            raise NotYet(
                f"There is no {nowhere[0][:8]}..., and your detail is {str(first['detail'])!r}.",
                "It should tell this case.",
                '"detail": detail',
            )
        if not all(isinstance(link.get("href"), str) for link in first["links"]):
            raise NotYet("A link of yours has no href.", 'Write {"rel": "help", "href": "https://..."}.')
        return "A program reads the code, a person the detail, and the operator finds the request by its id."

    def _telling(self, problem: Any) -> Callable[..., Any]:
        """The learner's function, which says where its error has members of another kind."""
        run = function(problem, "request, status, cause, detail to the body of an error")

        def tell(request: Any, status: int, cause: str, detail: str) -> Any:
            body = run(request, status, cause, detail)
            errors = body.get("errors") if isinstance(body, dict) else None
            for error in errors if isinstance(errors, list) else []:
                if isinstance(error, dict):
                    self._kinds(error)
            return body

        return tell

    def _kinds(self, error: dict[str, Any]) -> None:
        if "status" in error and not isinstance(error["status"], int):
            raise NotYet(f"The status in your error is {shown(error['status'])}.", "A number was asked for.")
        links = error.get("links", [])
        if not isinstance(links, list) or not all(isinstance(link, dict) for link in links):
            raise NotYet(f"Your links are {shown(links)}.", "A list of links was asked for, even for one.", "[{...}]")


PAGE = solution("page")
BAD_LIMIT, MENDED = 'if not limit.isdigit() or limit == "0":', "if not limit.isdigit():\n        limit = '5'\n"


class Pages(Step):
    name = "pages"
    title = "Pages while others write"
    minutes = 9
    variables = ("page",)
    hints = (
        "A page number counts from the newest, so one new backup moves them all. The id of the last item seen does not move.",
        "Find the place of `marker` among the ids, take `limit` rows after it, at most request.store.most; link next when rows are left.",
        PAGE.strip(),
    )
    solution = PAGE
    wrong = {
        "offset": Wrong("def page(request, rows):\n    limit, start = int(request.query.get('limit', 10)), int(request.query.get('marker', 0))\n"
            "    links = [{'rel': 'next', 'href': request.link(marker=start + limit)}] if start + limit < len(rows) else []\n"
            "    return rows[start : start + limit], links", "comes again"),
        "inclusive": Wrong(PAGE.replace("ids.index(marker) + 1", "ids.index(marker)"), "comes again"),
        "skips": Wrong(PAGE.replace("ids.index(marker) + 1", "ids.index(marker) + 2"), "never shown"),
        "always-next": Wrong(PAGE.replace("start + len(shown) < len(rows)", "bool(shown)"), "last page"),
        "no-links": Wrong(PAGE.replace('[{"rel": "next", "href": request.link(marker=shown[-1]["id"])}] if more else []', "[]"), "PG-06"),
        "rel": Wrong(PAGE.replace('"rel": "next"', '"rel": "next_page"'), "PG-05"),
        "forgets": Wrong(PAGE.replace('request.link(marker=shown[-1]["id"])', "f\"{request.url}?marker={shown[-1]['id']}\""), "forgets"),
        "all": Wrong(PAGE.replace(" + min(int(limit), request.store.most)", " + 1000"), "PG-08"),
        "no-most": Wrong(PAGE.replace("min(int(limit), request.store.most)", "int(limit)"), "at one time"),
        "any-marker": Wrong(PAGE.replace("marker not in ids", "False").replace("if marker else", "if marker in ids else"), "unknown marker"),
        "any-limit": Wrong(PAGE.replace(BAD_LIMIT, f"{MENDED}    if False:"), "RC-14"),
    }  # fmt: skip

    def check(self, lab: Lab, page: Any) -> str:
        run = function(page, "request, rows to the rows of the page and a list of links")

        def paged(request: Any, rows: Any) -> Any:
            found = run(request, rows)
            if failed(found):
                return found
            if not isinstance(found, tuple) or len(found) != 2:
                raise NotYet(
                    f"Your function gives {shown(found)}.",
                    "The rows of the page and a list of links were asked for.",
                    "return shown, links",
                )
            shown_rows, links = found
            if not isinstance(shown_rows, list) or any(row not in rows for row in shown_rows):
                raise NotYet(
                    f"The rows of your page are {shown(shown_rows)}.",
                    "Rows as they were given were asked for, in a list.",
                )
            if not isinstance(links, list) or any(not isinstance(link, dict) or "href" not in link for link in links):
                raise NotYet(
                    f"Your links are {shown(links)}.",
                    "A list was asked for; it is empty on the last page.",
                    '[{"rel": "next", "href": request.link(marker=...)}]',
                )
            return found

        for seed in (71, 72):
            self._walk(Bench(seed, quota=100, page=paged))
        bench = Bench(73, quota=100, page=paged)
        rows = bench.fill(30)
        for limit in ("x", "0", "-1"):
            if bench.ask("GET", f"/backups?limit={limit}").status != 400:
                raise not_yet("RC-14", f"The limit {limit} was answered by {bench.exchanges[-1].status}.")
        if bench.ask("GET", f"/backups?marker={bench.store.new_id()}").status != 400:
            raise not_yet(
                "PG-04", "An unknown marker was taken: the client starts anew and does not notice.", "Answer 400."
            )
        for uri in ("/backups", "/backups?limit=1000"):
            count = len((bench.ask("GET", uri).listed or ("", []))[1])
            if count > bench.store.most:
                raise NotYet(
                    f"{uri} answered {count} rows at one time.", "request.store.most is the most that a page may hold."
                )
        last = bench.ask("GET", f"/backups?marker={rows[-4]['id']}")
        bench.demand("PG-05", last=1, more=False)
        if len((last.listed or ("", []))[1]) != 3:
            raise NotYet("The page behind the fourth from the end does not hold the last three.")
        return "The marker is an item, not a number: whatever others write, nothing comes twice and nothing is lost."

    def _walk(self, bench: Bench) -> None:
        """Follow the links of a filtered list, while new backups come in."""
        name, limit = bench.word(), bench.dice.randrange(3, 6)
        rows = bench.fill(4, name="other-1") + bench.fill(limit * 3 + 1, name=name)
        wanted = {row["id"] for row in rows if row["name"] == name}
        uri, seen = f"/backups?name={name}&limit={limit}", list[str]()
        while uri:
            answer = bench.ask("GET", uri)
            if answer.failed:
                raise NotYet(f"GET {uri} answered {answer.status}.", "It is the link that your last page gave.")
            remaining = [row["id"] for row in rows if row["id"] in wanted and row["id"] not in seen]
            got = [id for id in answer.ids or () if id in remaining]
            if got != remaining[: len(got)]:
                raise not_yet(
                    "PG-03",
                    f"{remaining[0][:8]}... was there all the time and is never shown.",
                    "Begin right behind the marker.",
                )
            left = len(remaining) > limit
            bench.demand("PG-05", "PG-06", "PG-08", last=1, more=left)
            twice = [id for id in answer.ids or () if id in seen]
            if twice:
                raise not_yet(
                    "PG-03",
                    f"While you read, new backups came, and {twice[0][:8]}... comes again.",
                    "Let the marker be the last item's id.",
                )
            seen += answer.ids or []
            links = answer.response_body["links"]
            uri = next((link["href"].removeprefix("http://localhost") for link in links if link["rel"] == "next"), "")
            if uri and (f"name={name}" not in uri or f"limit={limit}" not in uri):
                raise NotYet(
                    "Your link forgets the rest of the query.",
                    "The next page is one of the same list.",
                    "request.link(marker=...)",
                )
            bench.fill(2, name=name)
        lost = wanted - set(seen)
        if lost:
            raise NotYet(
                f"{len(lost)} backups that were there all the time were never shown.",
                "A page begins right behind the marker.",
            )


def selecting(select: Any) -> Callable[..., Any]:
    """The learner's function, which says when it gives neither rows nor a refusal."""
    run = function(select, "request, rows to rows, or a refusal")

    def choose(request: Any, rows: Any) -> Any:
        found = run(request, rows)
        if failed(found):
            return found
        if not isinstance(found, list) or any(row not in rows for row in found):
            raise NotYet(
                f"Your function gives {shown(found)}.", "A list of the given rows was asked for, or a refusal.", "[...]"
            )
        return found

    return choose


SELECT = solution("select")
UNKNOWN = 'field not in (*known, "created_at") or'
KEYS = 'request.query["sort"].split(",")'
FILTERED = "            rows = [row for row in rows if row[field] == value]"
ANY = """            wanted = [(name, text) for name, text in request.query.items() if name in known]
            rows = [row for row in request.store.newest_first() if any(row[name] == text for name, text in wanted)]"""


class Select(Step):
    name = "select"
    title = "Filter and sort"
    minutes = 8
    variables = ("select",)
    hints = (
        "A filter bears the field's name, several are joined by AND, and a parameter that nobody knows is 400.",
        "sort=state:asc,created_at:desc: split at the commas, sort by the last key first, since Python's sort keeps the order of equals.",
        SELECT.strip(),
    )
    solution = SELECT
    wrong = {
        "ignores": Wrong(SELECT.replace('elif field not in ("limit", "marker", "sort"):', "elif False:"), "RC-14"),
        "name-only": Wrong(SELECT.replace('known = ("name", "server_id", "state")', 'known = ("name",)'), "was refused"),
        "or": Wrong(SELECT.replace(FILTERED, ANY), "FI-02"),
        "part-of-it": Wrong(SELECT.replace("row[field] == value", "value in row[field]"), "FI-01"),
        "one-key": Wrong(SELECT.replace(KEYS, f"{KEYS}[:1]"), "second key"),
        "first-last": Wrong(SELECT.replace("in reversed(", "in (") , "The last key decides"),
        "ascending": Wrong(SELECT.replace('reverse=direction == "desc"', "reverse=False"), "descending"),
        "sort-key": Wrong(SELECT.replace('"sort"', '"sort_key"').replace('"marker", ', '"marker", "sort", '), "sort is ignored"),
        "any-field": Wrong(SELECT.replace(UNKNOWN, "").replace("row[field], r", 'row.get(field, ""), r'), "unknown field"),
    }  # fmt: skip

    def check(self, lab: Lab, select: Any) -> str:
        for seed in (81, 82):
            bench = Bench(seed, quota=100, select=selecting(select))
            one, server = bench.word(), bench.store.new_id()
            other = one + "-b"
            rows = [
                *bench.fill(1, name=one, server_id=server), *bench.fill(1, "copying", name=one), *bench.fill(1, name=other, server_id=server),
                *bench.fill(1, "copying", name=other), *bench.fill(1, name=one),
            ]  # fmt: skip
            bench.dice.shuffle(rows)
            bench.store.backups = {row["id"]: row for row in rows}
            for field, value in (("name", one), ("server_id", server), ("state", "copying")):
                answer = bench.ask("GET", f"/backups?{field}={value}")
                if answer.failed:
                    raise NotYet(f"The filter {field} was refused.", "name, server_id and state can be asked for.")
                if set(answer.ids or ()) != {row["id"] for row in rows if row[field] == value}:
                    raise not_yet("FI-01", f"{field}={value} gives the wrong {len(answer.ids or ())} backups.")
            both = bench.ask("GET", f"/backups?name={one}&state=copying")
            if set(both.ids or ()) != {row["id"] for row in rows if (row["name"], row["state"]) == (one, "copying")}:
                raise not_yet("FI-02", f"name and state together give {len(both.ids or ())} backups; one has both.")
            typo = bench.word().split("-")[0]
            if bench.ask("GET", f"/backups?{typo}=1").status != 400:
                raise not_yet("RC-14", f"The unknown parameter {typo} was answered by {bench.exchanges[-1].status}.")
            self._order(bench, rows)
        return "A misspelt filter that is ignored gives everything: Nova answered so until 2.75."

    def _order(self, bench: Bench, rows: list[dict[str, Any]]) -> None:
        def ids(sort: str) -> list[str]:
            answer = bench.ask("GET", f"/backups?sort={sort}")
            if answer.failed:
                raise NotYet(
                    f"sort={sort} was answered by {answer.status}.",
                    "key:direction pairs, joined by commas, were asked for.",
                )
            return answer.ids or []

        def wanted(*keys: tuple[str, bool]) -> list[str]:
            found = list(bench.store.newest_first())
            for key, down in reversed(keys):
                found.sort(key=lambda row: row[key], reverse=down)
            return [row["id"] for row in found]

        if ids("created_at:asc") != wanted(("created_at", False)):
            raise not_yet("SO-01", "sort is ignored: the backups do not come by created_at.")
        if ids("created_at:desc") != wanted(("created_at", True)):
            raise not_yet("SO-01", "created_at:desc does not come descending.")
        got = ids("name:desc,created_at:asc")
        if got == wanted(("created_at", False), ("name", True)):
            raise not_yet("SO-01", "The last key decides, the first is forgotten.", "Sort by the last key first.")
        if got != wanted(("name", True), ("created_at", False)):
            raise not_yet("SO-01", "Among equal names the second key does not decide.")
        if bench.ask("GET", "/backups?sort=colour:asc").status != 400:
            raise not_yet("RC-14", "It was sorted by an unknown field, colour.", "Answer 400.")
