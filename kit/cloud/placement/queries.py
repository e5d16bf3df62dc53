"""What query strings say of resources, traits, aggregates and trees."""

from __future__ import annotations

from kit.cloud.call import Call
from kit.cloud.placement.errors import bad_request
from kit.cloud.placement.validation import uuid_like

# Each set is met by one of its traits; all sets are to be met.
Required = list[set[str]]

_FORM = "Badly formed resources parameter. Expected resources query string parameter in form: ?resources=VCPU:2,MEMORY_MB:1024. Got: "
_INVALID = "Invalid query string parameters: "


def resources(text: str) -> dict[str, int]:
    """Amounts by class: `VCPU:2,MEMORY_MB:1024`."""
    if not text.strip():
        raise bad_request(f"{_FORM}empty string.")
    found: dict[str, int] = {}
    for part in text.split(","):
        name, colon, amount = part.partition(":")
        if not colon or ":" in amount:
            raise bad_request(f"{_FORM}{part}.")
        try:
            number = int(amount)
        except ValueError:
            raise bad_request(f"Requested resource {name} expected positive integer amount. Got: {amount}.") from None
        if number < 1:
            raise bad_request(f"Requested resource {name} requires amount >= 1. Got: {number}.")
        found[name] = number
    return found


def traits(text: str, forbidden_too: bool, any_too: bool = False) -> tuple[Required, set[str]]:
    """Required and forbidden traits: `A,!B`, or `in:A,B` for one of them."""
    if text.startswith("in:"):
        if not any_too:
            raise bad_request(
                f"{_INVALID}The format 'in:HW_CPU_X86_VMX,CUSTOM_MAGIC' only supported since microversion 1.39. Got: {text}"
            )
        some = {part.strip() for part in text[3:].split(",")}
        if not all(some):
            raise bad_request(
                f"{_INVALID}Expected 'required' parameter value of the form: in:HW_CPU_X86_VMX,CUSTOM_MAGIC. "
                f"Got an empty trait in: {text}"
            )
        if any(trait.startswith("!") for trait in some):
            raise bad_request(
                f"{_INVALID}The format 'in:HW_CPU_X86_VMX,CUSTOM_MAGIC' does not support forbidden traits. Got: {text}"
            )
        return [some], set()
    found = [part.strip() for part in text.split(",")]
    forbidden = {trait.lstrip("!") for trait in found if trait.startswith("!")}
    if not all((*found, *forbidden)):
        form = "HW_CPU_X86_VMX,!CUSTOM_MAGIC" if forbidden_too else "HW_CPU_X86_VMX,CUSTOM_MAGIC"
        raise bad_request(
            f"{_INVALID}Expected 'required' parameter value of the form: {form}. Got an empty trait in: {text}"
        )
    if forbidden and not forbidden_too:
        raise bad_request(
            f"{_INVALID}Expected 'required' parameter value of the form: HW_CPU_X86_VMX,CUSTOM_MAGIC. Got: {text}"
        )
    return [{trait} for trait in found if not trait.startswith("!")], forbidden


def required(call: Call, suffix: str = "") -> tuple[Required, set[str]]:
    """Required and forbidden traits of one group of the query string."""
    values = call.query.get(f"required{suffix}", [])
    if not call.at_least("1.39"):
        values = values[-1:]
    wanted: Required = []
    forbidden: set[str] = set()
    for value in values:
        more, less = traits(value, call.at_least("1.22"), call.at_least("1.39"))
        wanted += more
        forbidden |= less
    return wanted, forbidden


def member_of(call: Call, suffix: str = "") -> tuple[list[set[str]], set[str]]:
    """Aggregates to be in (one of each set), and aggregates to be out of, of one group of the query string."""
    values = call.query.get(f"member_of{suffix}", [])
    if len(values) > 1 and not call.at_least("1.24"):
        raise bad_request(f"Multiple member_of{suffix} parameters are not supported")
    wanted: list[set[str]] = []
    forbidden: set[str] = set()
    for value in values:
        negative, uuids = _aggregates(value)
        if not negative:
            wanted.append(uuids)
            continue
        if not call.at_least("1.32"):
            raise bad_request(f"Forbidden member_of{suffix} parameters are not supported in the specified microversion")
        forbidden |= uuids
    return wanted, forbidden


def _aggregates(text: str) -> tuple[bool, set[str]]:
    if "," in text and not text.startswith(("in:", "!in:")):
        raise bad_request(
            "Multiple values for 'member_of' must be prefixed with the 'in:' or '!in:' keyword using the valid "
            f"microversion. Got: {text}"
        )
    bare = text.removeprefix("!")
    uuids = set(bare[3:].split(",")) if bare.startswith("in:") else {bare}
    for uuid in uuids:
        if not uuid_like(uuid):
            raise bad_request(f"{_INVALID}Expected 'member_of' parameter to contain valid UUID(s). Got: {uuid}")
    return text.startswith("!"), uuids


def in_tree(text: str) -> str:
    """The provider whose tree is meant."""
    if not uuid_like(text.strip()):
        raise bad_request(f"{_INVALID}Expected 'in_tree' parameter to be a format of uuid. Got: {text}")
    return text.strip()
