"""Congress's refusals: a number, a sentence, perhaps data (congress.api.error_codes)."""

from __future__ import annotations

from typing import Any

from kit.cloud.errors import ApiError
from kit.errors import PolicyError

# Name -> number, sentence, HTTP status.
CODES: dict[str, tuple[int, str, int]] = {
    "unknown": (1000, "Unknown error", 400),
    "add_item_id": (1001, "Add item does not support user-chosen ID", 400),
    "rule_syntax": (1002, "Syntax error for rule", 400),
    "multiple_rules": (1003, "Received string representing more than 1 rule", 400),
    "incomplete_simulate_args": (1004, "Simulate requires parameters: query, sequence, action_policy", 400),
    "sequence_syntax": (1006, "Syntax error in sequence", 400),
    "simulate_error": (1007, "Error in simulate procedure", 500),
    "rule_already_exists": (1008, "Rule already exists", 409),
    "policy_name_must_be_provided": (1010, "A name must be provided when creating a policy", 400),
    "failed_to_create_policy": (1014, "A new policy could not be created", 500),
    "policy_id_must_not_be_provided": (1015, "An ID may not be provided when creating a policy", 400),
    "execute_error": (1016, "Error in execution procedure", 500),
    "service_action_syntax": (1017, "Incorrect action syntax. Requires: <service>:<action>", 400),
    "execute_action_args_syntax": (
        1018, "Incorrect argument syntaxRequires: {'positional': [<args>], 'named': {<key>:<value>,}}", 400,
    ),
    "rule_not_permitted": (1019, "Rules not permitted on non persisted policies", 400),
    "policy_not_exist": (1020, "The specified policy does not exist", 404),
    "policy_rule_insertion_failure": (1021, "The policy rule could not be inserted", 400),
    "policy_abbreviation_error": (
        1022,
        "The policy abbreviation must be a string and the length of the string must be equal to or less than 5 characters",
        400,
    ),
}  # fmt: skip


class PolicyApiError(ApiError):
    """A refusal of the policy service.

    Attributes
    ----------
    code : int
        Congress's own number, or the HTTP status where it has none.
    data : object
        More for a program: positions of mistakes in a rule.
    """

    def __init__(self, status: int, code: int, message: str, data: Any = None) -> None:
        super().__init__(message, status=status)
        self.code = code
        self.data = data


def refusal(name: str, detail: str = "", *, data: Any = None, join: str = "::") -> PolicyApiError:
    """One of Congress's numbered refusals."""
    number, sentence, status = CODES[name]
    return PolicyApiError(status, number, sentence + (join + detail if detail else ""), data)


def not_found(what: str = "Not found") -> PolicyApiError:
    """404 without a number of its own."""
    return PolicyApiError(404, 404, what)


def bad(what: str) -> PolicyApiError:
    """400 without a number of its own."""
    return PolicyApiError(400, 400, what)


def of_engine(error: PolicyError, name: str = "rule_syntax") -> PolicyApiError:
    """What an error of the engine becomes over HTTP; every mistake of a text comes with its position."""
    from kit.policy.errors import PolicyExists, StatementError, UnknownPolicy

    if isinstance(error, UnknownPolicy):
        return refusal("policy_not_exist", str(error))
    if isinstance(error, PolicyExists):
        return PolicyApiError(409, 409, str(error))
    data = None
    if isinstance(error, StatementError):
        data = [
            {
                "code": found.code, "line": found.position.line if found.position else None,
                "column": found.position.column if found.position else None, "literal": found.literal,
                "message": found.what, "todo": found.todo,
            }
            for found in error.all
        ]  # fmt: skip
    return refusal(name, str(error), data=data)
