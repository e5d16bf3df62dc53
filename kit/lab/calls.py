"""The calls that were made to the cloud, as a table."""

from __future__ import annotations

from html import escape

from kit.cloud.record import Exchange


class Calls:
    """Exchanges, oldest first; `calls[0].request_body` looks inside one."""

    def __init__(self, exchanges: list[Exchange]) -> None:
        self.list = exchanges

    def __len__(self) -> int:
        return len(self.list)

    def __getitem__(self, place: int) -> Exchange:
        return self.list[place]

    def _cells(self) -> list[tuple[str, str, str, str]]:
        return [(call.service, call.method, call.path, str(call.status)) for call in self.list]

    def __repr__(self) -> str:
        if not self.list:
            return "no calls yet"
        head = ("service", "method", "path", "status")
        cells = [head, *self._cells()]
        wide = [max(len(row[place]) for row in cells) for place in range(4)]
        lines = ["  ".join(text.ljust(width) for text, width in zip(row, wide, strict=True)).rstrip() for row in cells]
        return "\n".join([lines[0], "  ".join("-" * width for width in wide), *lines[1:]])

    def _repr_html_(self) -> str:
        head = "".join(
            f'<th scope="col" style="text-align:left">{name}</th>' for name in ("service", "method", "path", "status")
        )
        body = "".join(
            "<tr>" + "".join(f'<td style="text-align:left">{escape(text)}</td>' for text in row) + "</tr>"
            for row in self._cells()
        )
        return (
            f"<table><caption>Calls to the cloud</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        )
