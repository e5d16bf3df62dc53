"""What Heat says of each function of its templates. Source: Heat 27, the first sentence on each of its classes."""

from __future__ import annotations

TEXTS = {
    "Fn::And": "A function that acts as an AND operator on conditions.",
    "Fn::Base64": "A placeholder function for converting to base64.",
    "Fn::Equals": "A function for comparing whether two values are equal.",
    "Fn::FindInMap": "A function for resolving keys in the template mappings.",
    "Fn::GetAZs": "A function for retrieving the availability zones.",
    "Fn::GetAtt": "A function for resolving resource attributes.",
    "Fn::If": "A function to return corresponding value based on condition evaluation.",
    "Fn::Join": "A function for joining strings.",
    "Fn::MemberListToMap": "A function to convert lists with enumerated keys and values to mapping.",
    "Fn::Not": "A function that acts as a NOT operator on a condition.",
    "Fn::Or": "A function that acts as an OR operator on conditions.",
    "Fn::Replace": "A function for performing string substitutions.",
    "Fn::ResourceFacade": "A function for retrieving data in a parent provider template.",
    "Fn::Select": "A function for selecting an item from a list or map.",
    "Fn::Split": "A function for splitting strings.",
    "Ref": "A function for resolving parameters or resource references.",
    "and": "A function that acts as an AND operator on conditions.",
    "contains": "A function for checking whether specific value is in sequence.",
    "digest": "A function for performing digest operations.",
    "equals": "A function for comparing whether two values are equal.",
    "filter": "A function for filtering out values from lists.",
    "get_attr": "A function for resolving resource attributes.",
    "get_file": "A function for including a file inline.",
    "get_param": "A function for resolving parameter references.",
    "get_resource": "A function for resolving resource references.",
    "if": "A function to return corresponding value based on condition evaluation.",
    "list_concat": "A function for extending lists.",
    "list_concat_unique": "A function for extending lists with unique items.",
    "list_join": "A function for joining one or more lists of strings.",
    "make_url": "A function for performing substitutions on maps.",
    "map_merge": "A function for merging maps.",
    "map_replace": "A function for performing substitutions on maps.",
    "not": "A function that acts as a NOT operator on a condition.",
    "or": "A function that acts as an OR operator on conditions.",
    "repeat": "A function for iterating over a list of items or a dict of keys.",
    "resource_facade": "A function for retrieving data in a parent provider template.",
    "str_replace": "A function for performing string substitutions.",
    "str_replace_strict": "A function for performing string substitutions.",
    "str_replace_vstrict": "A function for performing string substitutions.",
    "str_split": "A function for splitting delimited strings into a list.",
    "yaql": "A function for executing a yaql expression.",
}

# Functions that could do less once: name to the first version of today's sentence, and the sentence of before.
BEFORE = {
    "list_join": ("2015-10-15", "A function for joining strings."),
    "repeat": ("2016-10-14", "A function for iterating over a list of items."),
}


def sentence(name: str, version: str) -> str | None:
    """What Heat says of a function in a version; None for a function that it does not have."""
    since, old = BEFORE.get(name, ("", ""))
    return old if version < since else TEXTS.get(name)
