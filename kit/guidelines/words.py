"""Words of names: how they are cut, whether one is plural, an action, a code name."""

from __future__ import annotations

import re
from functools import lru_cache

from kit.guidelines.lexicon import lexicon

_CUT = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+|[^\W\d_]+")
SNAKE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")

# Verbs that change something: what a GET must not do.
ACTIONS = lexicon("actions")
# Verbs that a method says already.
CRUD = lexicon("crud")
QUERIES = lexicon("queries")
_SERVICES = {
    "nova": "compute", "neutron": "network", "quantum": "network", "cinder": "block-storage", "glance": "image",
    "keystone": "identity", "swift": "object-store", "heat": "orchestration", "ironic": "baremetal",
    "magnum": "container-infrastructure-management", "manila": "shared-file-system", "designate": "dns",
    "barbican": "key-manager", "octavia": "load-balancer", "trove": "database", "sahara": "data-processing",
    "zaqar": "message", "mistral": "workflow", "congress": "policy", "murano": "application-catalog",
    "senlin": "clustering", "aodh": "alarm", "gnocchi": "metric", "ceilometer": "meter", "tacker": "nfv-orchestration",
    "vitrage": "root-cause-analysis", "watcher": "resource-optimization", "masakari": "instance-ha",
    "blazar": "reservation", "cyborg": "accelerator", "zun": "application-container", "monasca": "monitoring",
    "searchlight": "search", "qinling": "function-engine", "cloudkitty": "rating", "freezer": "backup",
    "karbor": "data-protection-orchestration", "adjutant": "admin-logic",
}  # fmt: skip
CODE_NAMES = _SERVICES
# Code names that are words of their own: they tell nothing as the name of a member.
ALSO_WORDS = lexicon("code names that are words")
SERVICE_TYPES = frozenset(_SERVICES.values()) | {
    "volume", "volumev2", "volumev3", "block-store", "object-storage", "placement", "metering", "alarming", "compute",
    "container-infrastructure", "shared-file-systems", "sharev2", "messaging", "event", "events", "bare-metal",
    "key-management", "loadbalancing", "resource-cluster", "dns", "image", "images", "identity", "network",
}  # fmt: skip

_ALIKE = lexicon("plurals without s")
_SINGULAR_S = lexicon("singulars with s")


@lru_cache(maxsize=20_000)
def tokens(name: str) -> tuple[str, ...]:
    """The words of a name in lower case: `floatingIP-id` is floating, ip, id."""
    return tuple(part.lower() for part in _CUT.findall(name))


@lru_cache(maxsize=20_000)
def plural(name: str) -> bool:
    """Whether the last word of a name is, or may be, a plural."""
    words = [word for word in tokens(name) if not word.isdigit()]
    if not words:
        return True
    last = words[-1]
    if last in _ALIKE or not last.isascii():
        return True
    if last in _SINGULAR_S or last.endswith(("ss", "us", "sis")):
        return False
    return last.endswith("s") and len(last) > 2


@lru_cache(maxsize=20_000)
def singular(name: str) -> str:
    """A name without the plural's ending: enough to compare two names, not to print one."""
    word = name.lower()
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "xes", "ches", "shes", "uses")):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")) and word not in _SINGULAR_S:
        return word[:-1]
    return word


def snake(name: str) -> str:
    """The name in snake_case."""
    return "_".join(tokens(name))


_UN = re.compile(r"un(?!it|ion|ique|iver|til|der|i)[a-z]{3,}(ed|able|y|en|ing|al)")
_NEGATIVE = lexicon("negatives")


@lru_cache(maxsize=20_000)
def negative(name: str) -> bool:
    """Whether a name denies: disabled, not_shared, unmanaged."""
    return any(word in _NEGATIVE or _UN.fullmatch(word) for word in tokens(name))


_WAYS = lexicon("ways")
_NOUNS_AFTER = lexicon("nouns after actions")


def commands(words: tuple[str, ...]) -> bool:
    """Whether a segment is a command: reboot, power-off, start-scan; not start-time, backup-policy, restarts."""
    if len(words) == 1:
        return words[0] in ACTIONS
    if len(words) != 2:
        return False
    if words[1] in _WAYS:
        return words[0] in ACTIONS | _COMMANDS
    return words[0] in _COMMANDS and words[1] not in _NOUNS_AFTER and not words[1].endswith("s")


_COMMANDS = lexicon("commands")
_PHRASE = lexicon("no phrase")
_TECHNIQUES = lexicon("techniques")


@lru_cache(maxsize=20_000)
def incomplete_phrase(name: str) -> str:
    """The word of a boolean's name that keeps "this is ..." or "this has ..." from being completed, or ''.

    Source: naming, "Boolean fields": not is_enabled, not enable_dhcp, not just dhcp.
    """
    words = tokens(name)
    if len(words) == 1:
        return words[0] if words[0] in _TECHNIQUES else ""
    return words[0] if words and words[0] in _PHRASE else ""


_TIMES = lexicon("times")


@lru_cache(maxsize=20_000)
def names_a_time(name: str) -> bool:
    """Whether a member's name says that it holds a moment: created_at, updated, expiry_date, timestamp."""
    words = tokens(name)
    if not words:
        return False
    if len(words) == 1:
        return words[0] in _TIMES
    before, last = words[-2], words[-1]
    return (
        last in ("at", "date", "timestamp", "datetime")
        or (last == "time" and before in ("start", "end", "create", "update", "created", "updated", "launch", "finish",
                                          "modified", "expiry", "expiration", "begin", "stop", "creation", "deletion"))
        or (last == "on" and before in _TIMES)
    )  # fmt: skip


ISO = re.compile(
    r"(?P<date>\d{4}-\d\d-\d\d|\d{8}|\d{4}-W\d\d(-\d)?|\d{4}-\d{3}|\d{4}-\d\d)"
    r"(T(?P<time>\d\d(:?\d\d(:?\d\d([.,]\d+)?)?)?)(?P<zone>Z|z|[+-]\d\d(:?\d\d)?)?)?"
)
