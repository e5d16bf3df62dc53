"""What a query for allocation candidates asks: groups of resources, and what they have to do with each other."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from kit.cloud.call import Call
from kit.cloud.placement import queries, schemas
from kit.cloud.placement.errors import BAD_VALUE, DUPLICATE_KEY, MISSING_VALUE, bad_request
from kit.cloud.placement.queries import Required
from kit.cloud.placement.schemas import MAX_INT


@dataclass
class Group:
    """Resources that belong together.

    Attributes
    ----------
    together : bool
        Whether one provider is to give all of them; else a tree (and who shares with it) may.
    required : list of set of str
        Of each set one trait.
    member_of : list of set of str
        Of each set one aggregate.
    in_tree : str or None
        A provider of the tree.
    """

    together: bool
    resources: dict[str, int] = field(default_factory=dict)
    required: Required = field(default_factory=list)
    forbidden: set[str] = field(default_factory=set)
    member_of: list[set[str]] = field(default_factory=list)
    not_member_of: set[str] = field(default_factory=set)
    in_tree: str | None = None


@dataclass
class Wish:
    """The whole of a query.

    Attributes
    ----------
    groups : dict
        By suffix; the empty one is the group without.
    root_required, root_forbidden : set of str
        Traits of the root.
    subtrees : list of set of str
        Suffixes of groups whose providers are to lie below one of them.
    """

    groups: dict[str, Group]
    limit: int | None = None
    isolate: bool = False
    root_required: set[str] = field(default_factory=set)
    root_forbidden: set[str] = field(default_factory=set)
    subtrees: list[set[str]] = field(default_factory=list)


def read(call: Call) -> Wish:
    """The query of a request.

    Raises
    ------
    BadRequest
        When it contradicts itself or lacks something.
    """
    query = call.query
    wish = Wish({}, isolate=(query.get("group_policy") or [""])[0] == "isolate")
    if query.get("limit"):
        wish.limit = min(int(query["limit"][0]), MAX_INT)
    _root(call, wish)
    for text in query.get("same_subtree", []):
        suffixes = {part.strip() for part in text.split(",")}
        if "" in suffixes:
            raise bad_request("Empty string (unsuffixed group) can not be specified in `same_subtree` ", BAD_VALUE)
        wish.subtrees.append(suffixes)
    wish.groups = _groups(call)
    if call.at_least("1.36"):
        _check_subtrees(wish)
    else:
        _check_orphans(wish.groups)
    if call.at_least("1.22"):
        _check_conflicts(wish.groups)
    if "group_policy" not in query and sum(group.together for group in wish.groups.values()) > 1:
        raise bad_request(
            'The "group_policy" parameter is required when specifying more than one "resources{N}" parameter.'
        )
    return wish


def _root(call: Call, wish: Wish) -> None:
    values = call.query.get("root_required", [])
    if len(values) > 1:
        raise bad_request("Query parameter 'root_required' may be specified only once.", DUPLICATE_KEY)
    if values:
        required, wish.root_forbidden = queries.traits(values[0], True)
        wish.root_required = set().union(*required)
        both = wish.root_required & wish.root_forbidden
        if both:
            raise bad_request(
                f"Conflicting required and forbidden traits found in root_required: {', '.join(sorted(both))}",
                BAD_VALUE,
            )


def _groups(call: Call) -> dict[str, Group]:
    suffix_form = schemas.SUFFIX if call.at_least("1.33") else schemas.NUMBER
    form = re.compile(rf"(resources|required|member_of|in_tree)({suffix_form})?")
    found: dict[str, Group] = {}
    for name, values in call.query.items():
        match = form.fullmatch(name)
        if match is None:
            continue
        suffix = match[2] or ""
        group = found.setdefault(suffix, Group(together=bool(suffix)))
        if match[1] == "resources":
            group.resources = queries.resources(values[-1])
        elif match[1] == "required":
            group.required, group.forbidden = queries.required(call, suffix)
        elif match[1] == "member_of":
            group.member_of, group.not_member_of = queries.member_of(call, suffix)
        else:
            group.in_tree = queries.in_tree(values[-1])
    return found


def _check_subtrees(wish: Wish) -> None:
    bare = {suffix for suffix, group in wish.groups.items() if not group.resources}
    named = set[str]().union(*wish.subtrees)
    if len(bare) == len(wish.groups):
        raise bad_request("There must be at least one resources or resources[$S] parameter.", MISSING_VALUE)
    bad = [suffix for suffix in wish.groups if suffix in bare - named]
    if bad:
        raise bad_request(
            f"Resourceless suffixed group request should be specified in `same_subtree` query param: bad group(s) - {bad}.",
            BAD_VALUE,
        )
    unknown = sorted(named - set(wish.groups))
    if unknown:
        raise bad_request(
            f"Real suffixes should be specified in `same_subtree`: {unknown} not found in {list(wish.groups)}.",
            BAD_VALUE,
        )


def _check_orphans(groups: dict[str, Group]) -> None:
    orphans = [f"required{suffix}" for suffix, group in groups.items() if group.required and not group.resources]
    if orphans:
        raise bad_request(
            "All traits parameters must be associated with resources.  Found the following orphaned traits keys: "
            f"{', '.join(orphans)}"
        )
    orphans = [
        f"member_of{suffix}"
        for suffix, group in groups.items() if not group.resources and (group.member_of or group.not_member_of)
    ]  # fmt: skip
    if orphans:
        raise bad_request(
            "All member_of parameters must be associated with resources. Found the following orphaned member_of keys: "
            f"{', '.join(orphans)}"
        )
    if not all(group.resources for group in groups.values()):
        raise bad_request("All request groups must specify resources.")
    if not groups:
        raise bad_request("At least one request group (`resources` or `resources{$S}`) is required.")


def _check_conflicts(groups: dict[str, Group]) -> None:
    found = sorted(
        f"required{suffix}: ({', '.join(sorted(some))})"
        for suffix, group in groups.items() for some in group.required if some <= group.forbidden
    )  # fmt: skip
    if found:
        raise bad_request(
            f"Conflicting required and forbidden traits found in the following traits keys: {', '.join(found)}"
        )
