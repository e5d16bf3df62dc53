"""Reports of what became of each of many objects, in plain text, JSON or XML."""

from __future__ import annotations

from typing import Any
from xml.sax.saxutils import escape

from kit.cloud.call import Answer, Call
from kit.cloud.object_store import accept
from kit.cloud.object_store.errors import REASONS, line
from kit.cloud.object_store.service import HTML

Troubles = list[tuple[str, str]]


class Report:
    """What is told at the end of an operation on many objects.

    Source: `swift.common.middleware.bulk.get_response_body`.

    Parameters
    ----------
    root : str
        The element that an XML report is in: `delete`, `extract`, `upload`.
    """

    def __init__(self, call: Call, root: str) -> None:
        try:
            self.form = accept.best(call.headers.get("accept", ""))
        except ValueError:
            self.form = None
        self.root = root

    def refusal(self, status: int, counts: dict[str, int], body: str = "") -> Answer:
        """The whole operation refused: told in the report of an answer that is 200."""
        return self.answer({**counts, "Response Status": line(status), "Response Body": body}, [])

    def answer(self, data: dict[str, Any], troubles: Troubles, status: int = 200) -> Answer:
        """The report as an answer."""
        return Answer(status, self.body(data, troubles).encode(), type=self.form or HTML)

    def body(self, data: dict[str, Any], troubles: Troubles) -> str:
        """The report's text."""
        if self.form == "application/json":
            import json

            return json.dumps({**data, "Errors": [list(pair) for pair in troubles]})
        if self.form is not None and self.form.endswith("/xml"):
            fields = "".join(
                f"<{tag}>{escape(str(data[name]))}</{tag}>\n"
                for name in sorted(data)
                for tag in [name.replace(" ", "_").lower()]
            )
            errors = "".join(
                f"<object><name>{escape(name)}</name><status>{escape(trouble)}</status></object>\n"
                for name, trouble in troubles
            )
            return f"<{self.root}>\n{fields}<errors>\n{errors}</errors>\n</{self.root}>\n"
        lines = [f"{name}: {data[name]}\n" for name in sorted(data)]
        return "".join([*lines, "Errors:\n", *(f"{name}, {trouble}\n" for name, trouble in troubles)])


def explained(status: int) -> str:
    """A refusal without a page, as a report quotes it."""
    return "{}\n{}".format(*REASONS[status])
