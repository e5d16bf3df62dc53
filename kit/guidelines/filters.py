"""Names of query parameters: which page, which sort, which filter; the same for descriptions and traffic."""

from __future__ import annotations

from kit.guidelines.lexicon import lexicon
from kit.guidelines.words import snake, tokens

TAG_FILTERS = ("tags", "tags-any", "not-tags", "not-tags-any")
OPERATORS = ("in", "nin", "neq", "gt", "gte", "lt", "lte")
_OTHER_OPERATORS = lexicon("other operators")
PAGERS = lexicon("pagers")
SORTERS = lexicon("sorters")
# What is no filter on a field.
RESERVED = lexicon("no filters") | PAGERS | SORTERS | set(TAG_FILTERS)


def pages(name: str) -> bool:
    """Whether a parameter pages by other means than limit and marker."""
    return snake(name.lstrip("$")) in PAGERS


def sorts(name: str) -> bool:
    """Whether a parameter sorts by other means than `sort`."""
    return snake(name) in SORTERS


def counts(name: str, boolean: bool = True) -> bool:
    """Whether a parameter asks for a total under another name than with_count."""
    words = tokens(name)
    if name == "with_count" or not {"count", "total", "totals"} & set(words):
        return False
    asks = {"include", "with", "show", "return", "get", "need", "want", "request", "calculate", "calc", "add"} & set(
        words
    )
    return bool(asks) or (boolean and len(words) <= 2)


_AROUND_TAG = lexicon("around tag")


def filters_tags(name: str) -> bool:
    """Whether a parameter filters by tags under another name than the four."""
    words = tokens(name)
    if name in TAG_FILTERS or not {"tag", "tags"} & set(words):
        return False
    return all(word in _AROUND_TAG or word in ("tag", "tags") for word in words)


def operator_in(name: str) -> str:
    """The operator that a parameter's name ends or begins with: size_gt, size[gte], min_size; or ''."""
    words = tokens(name)
    if len(words) < 2:
        return ""
    known = set(OPERATORS) | _OTHER_OPERATORS
    if words[-1] in known - {"in", "not", "like", "between"} or (words[-1] in known and ("[" in name or "__" in name)):
        return words[-1]
    return ""


def field_meant(name: str, fields: set[str], resource: str = "") -> str:
    """The field that a parameter under another name filters on, or ''.

    `filter_color`, `color_eq`, `min_size`, `createdAt` and `widget_color` mean color, size and created_at.
    """
    around = {"filter", "filters", "by", "with", "has", "is", "where", "min", "max", "minimum", "maximum", "from", "to", "eq",
              "ne", "gt", "gte", "lt", "lte", "neq", "before", "after", "since", "until", "like", "contains", "match",
              "search", "q", *tokens(resource)}  # fmt: skip
    words = tuple(word for word in tokens(name) if word not in around) or tokens(name)
    for field in sorted(fields):
        cut = tokens(field)
        if words == cut or (len(cut) > 1 and cut[-1] == "at" and words == cut[:-1]):
            return field
    return ""
