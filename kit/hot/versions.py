"""The template versions: which sections, keys, functions and conditions each knows.

Source: Heat 27 `openstack orchestration template function list`, run for every version.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from kit.hot.errors import InvalidTemplateVersion
from kit.hot.functions import cfn, collections, extension, logic, loops, query, refer, texts
from kit.hot.functions.base import Function, Invalid, Removed, Table

EXTENSION = "kit-2015-05-18"
HOT, CFN, AWS = "heat_template_version", "HeatTemplateFormatVersion", "AWSTemplateFormatVersion"
KEYS = (HOT, CFN, AWS)
POLICIES = {"Delete": "Delete", "Retain": "Retain", "Snapshot": "Snapshot"}


@dataclass(frozen=True)
class Names:
    """How a family of templates writes its sections and keys."""

    sections: tuple[str, ...]
    resource: tuple[str, ...]
    parameters: str
    resources: str
    outputs: str
    conditions: str
    description: str
    type: str
    properties: str
    metadata: str
    depends_on: str
    deletion_policy: str
    update_policy: str
    condition: str
    value: str


HOT_NAMES = Names(
    (HOT, "description", "parameter_groups", "parameters", "resources", "outputs"),
    ("type", "properties", "metadata", "depends_on", "deletion_policy", "update_policy", "description"),
    "parameters", "resources", "outputs", "conditions", "description",
    "type", "properties", "metadata", "depends_on", "deletion_policy", "update_policy", "condition", "value",
)  # fmt: skip
CFN_NAMES = Names(
    (AWS, CFN, "Description", "Mappings", "Parameters", "Resources", "Outputs"),
    ("Type", "Properties", "Metadata", "DependsOn", "DeletionPolicy", "UpdatePolicy", "Description"),
    "Parameters", "Resources", "Outputs", "Conditions", "Description",
    "Type", "Properties", "Metadata", "DependsOn", "DeletionPolicy", "UpdatePolicy", "Condition", "Value",
)  # fmt: skip


@dataclass(frozen=True)
class Version:
    """One version of the template language.

    Attributes
    ----------
    key : str
        `heat_template_version` or one of CloudFormation's.
    name : str
        The date.
    alias : str
        The release it came with, where Heat takes that as a name too.
    functions, conditions : mapping
        Name to class, for values and for conditions.
    extension : bool
        Whether it is the kit's own and not real Heat.
    """

    key: str
    name: str
    functions: Table
    names: Names = HOT_NAMES
    alias: str = ""
    conditions: Table = field(default_factory=dict)
    deletion_policies: Mapping[str, str] = field(default_factory=lambda: dict(POLICIES))
    parameter_keys: frozenset[str] = frozenset(
        {"type", "description", "default", "schema", "constraints", "hidden", "label", "immutable"}
    )
    modulo: bool = False
    has_conditions: bool = False
    extension: bool = False

    @property
    def hot(self) -> bool:
        """Whether it is a HOT version, and not CloudFormation's form."""
        return self.key == HOT

    @property
    def sections(self) -> tuple[str, ...]:
        """The names of the sections."""
        return (*self.names.sections, self.names.conditions) if self.has_conditions else self.names.sections

    @property
    def resource_keys(self) -> tuple[str, ...]:
        """The keys of a resource."""
        if not self.has_conditions:
            return self.names.resource
        return (*self.names.resource, "external_id", "condition") if self.hot else (*self.names.resource, "Condition")

    @property
    def in_conditions(self) -> Table:
        """What is found inside a condition: the functions that may stand there, and those that may not."""
        kept = {name: kind if kind is Removed else Invalid for name, kind in self.functions.items()}
        return kept | dict(self.conditions)

    def function_names(self, conditions: bool = False) -> list[str]:
        """The functions a template of this version can use, sorted; with `conditions` those of conditions too."""
        names = {name for name, kind in self.functions.items() if kind is not Removed}
        return sorted(names | set(self.conditions) if conditions else names)

    def with_functions(self, own: Mapping[str, Callable[..., Any]]) -> Version:
        """This version with functions written in Python added."""
        made = {name: extension.from_python(name, call) for name, call in own.items()}
        return replace(self, functions=dict(self.functions) | made)


def _versions() -> dict[tuple[str, str], Version]:
    found: list[Version] = []
    cfn_functions: dict[str, type[Function]] = {
        "Fn::FindInMap": cfn.FindInMap, "Fn::GetAZs": cfn.GetAZs, "Ref": cfn.Ref, "Fn::GetAtt": cfn.GetAtt,
        "Fn::Select": cfn.Select, "Fn::Join": texts.ListJoin, "Fn::Split": cfn.Split, "Fn::Replace": cfn.Replace,
        "Fn::Base64": cfn.Base64, "Fn::MemberListToMap": cfn.MemberListToMap,
        "Fn::ResourceFacade": cfn.ResourceFacade,
    }  # fmt: skip
    found.append(Version(CFN, "2012-12-12", cfn_functions, CFN_NAMES))
    found.append(
        Version(
            AWS, "2010-09-09", cfn_functions | {"Fn::If": logic.If}, CFN_NAMES, has_conditions=True,
            conditions={
                "Fn::Equals": logic.Equals, "Ref": cfn.ParamRef, "Fn::FindInMap": cfn.FindInMap,
                "Fn::Not": logic.NotList, "Fn::And": logic.And, "Fn::Or": logic.Or,
            },
        )
    )  # fmt: skip

    functions: dict[str, type[Function]] = {
        name: kind for name, kind in cfn_functions.items() if name not in ("Fn::FindInMap", "Fn::GetAtt")
    }
    functions |= {
        "get_param": refer.GetParam, "get_resource": refer.GetResource, "get_attr": refer.GetAttrThenSelect,
        "get_file": refer.GetFile, "resource_facade": refer.ResourceFacade,
        "list_join": texts.ListJoin, "str_replace": texts.StrReplace,
    }  # fmt: skip
    base = Version(HOT, "2013-05-23", functions)
    found.append(base)

    def step(name: str, alias: str = "", *, gone: tuple[str, ...] = (), **changes: Any) -> None:
        nonlocal base
        added = changes.pop("functions", {})
        table = dict(base.functions) | added | dict.fromkeys(gone, Removed)
        base = replace(base, name=name, alias=alias, functions=table, **changes)
        found.append(base)

    gone = tuple(name for name in functions if name == "Ref" or (name[:4] == "Fn::" and name != "Fn::Select"))
    step("2014-10-16", functions={"get_attr": refer.GetAttr}, gone=gone)
    step("2015-04-30", functions={"repeat": loops.Repeat, "digest": texts.Digest})
    newer: dict[str, type[Function]] = {
        "get_attr": refer.GetAttrAll, "list_join": texts.ListJoinMany, "str_replace": texts.StrReplaceJson,
        "str_split": texts.StrSplit,
    }  # fmt: skip
    step("2015-10-15", functions=newer, gone=("Fn::Select",))
    step("2016-04-08", functions={"map_merge": collections.MapMerge})
    conditions: dict[str, type[Function]] = {
        "get_param": refer.GetParam, "equals": logic.Equals, "not": logic.Not, "and": logic.And, "or": logic.Or,
    }  # fmt: skip
    newer = {
        "repeat": loops.RepeatWithMap, "yaql": query.Yaql, "map_replace": collections.MapReplace, "if": logic.If,
    }  # fmt: skip
    policies = POLICIES | {name.lower(): name for name in POLICIES}
    step(
        "2016-10-14", "newton", functions=newer, conditions=conditions, has_conditions=True,
        deletion_policies=policies,
    )  # fmt: skip
    newer = {"filter": collections.Filter, "str_replace_strict": texts.StrReplaceStrict}
    step("2017-02-24", "ocata", functions=newer, modulo=True)
    newer = {
        "repeat": loops.RepeatPermutations, "make_url": collections.MakeUrl, "list_concat": collections.ListConcat,
        "str_replace_vstrict": texts.StrReplaceVeryStrict, "list_concat_unique": collections.ListConcatUnique,
        "contains": collections.Contains,
    }  # fmt: skip
    both: dict[str, type[Function]] = {"yaql": query.Yaql, "contains": collections.Contains}
    step("2017-09-01", "pike", functions=newer, conditions=conditions | both)
    step("2018-03-02", "queens", parameter_keys=base.parameter_keys | {"tags"})
    step("2018-08-31", "rocky")
    step("2021-04-16", "wallaby", functions={"if": logic.IfNullable})
    own: dict[str, type[Function]] = {"suffix": extension.Suffix, "list_flatten": extension.ListFlatten}
    step(EXTENSION, functions=own, extension=True)
    table = {(version.key, version.name): version for version in found}
    return table | {(version.key, version.alias): version for version in found if version.alias}


VERSIONS: Mapping[tuple[str, str], Version] = _versions()


def first_with(function: str) -> Version | None:
    """The first HOT version whose templates have a function, the kit's own last."""
    for version in VERSIONS.values():
        if version.hot and version.functions.get(function, Removed) is not Removed:
            return version
        if version.hot and function in version.conditions:
            return version
    return None


def find_version(data: Mapping[Any, Any]) -> Version:
    """The version a template says it has.

    Raises
    ------
    InvalidTemplateVersion
        There is none, there are two, or nobody knows it. Source: Heat 27; the kit's own is not offered.
    """
    given = [key for key in KEYS if isinstance(data.get(key), str)]
    if len(given) > 1:
        raise _no_version(f"Ambiguous versions ({', '.join(given)})", (given[1],), "Keep one of them.")
    if not given:
        key = next((key for key in KEYS if key in data), "")
        raise _no_version("Template version was not provided", (key,) if key else (), "Write it as text, a date.")
    key, name = given[0], data[given[0]]
    if (key, name) not in VERSIONS:
        known = sorted(n for k, n in VERSIONS if k == key and not VERSIONS[k, n].extension)
        those = f"should be one of: {', '.join(known)}" if len(known) > 1 else f"should be: {known[0]}"
        raise _no_version(f'"{key}: {name}". "{key}" {those}', (key,), f"The newest is {known[-1]}.")
    return VERSIONS[key, name]


def _no_version(what: str, path: tuple[str, ...], todo: str) -> InvalidTemplateVersion:
    error = InvalidTemplateVersion(f"The template version is invalid: {what}", todo=todo)
    error.path = path
    return error
