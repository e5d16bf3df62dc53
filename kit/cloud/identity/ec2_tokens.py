"""Tokens for requests that were signed with an EC2 credential: services that speak EC2 or S3 ask for them."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from kit.cloud.call import Answer, Call
from kit.cloud.errors import BadRequest, NotFound, Unauthorized
from kit.cloud.identity import auth, signing, tokens, trusts
from kit.cloud.identity.assignments import effective_roles
from kit.cloud.identity.common import forbid
from kit.cloud.identity.ec2 import credential_id
from kit.cloud.identity.models import credentials, projects, users
from kit.cloud.store import Row

# How long after it was signed a request is good (`[credential] auth_ttl`).
LIFETIME = timedelta(minutes=15)


def ec2(call: Call) -> Answer:
    """A token for an EC2 request."""
    row, answer = _authenticated(call, "ec2tokens_validate", _ec2_signature)
    return Answer(200, answer, {"X-Subject-Token": row["id"]})


def s3(call: Call) -> Answer:
    """A token for an S3 request."""
    return Answer(200, _authenticated(call, "s3tokens_validate", _s3_signature)[1])


def _given(call: Call) -> dict[str, Any]:
    data = call.json() if call.body else None
    if not data or not isinstance(data, dict):
        raise BadRequest("request must include a request body")
    found = data.get("credentials") or data.get("credential") or data.get("ec2Credentials") or {}
    if not isinstance(found, dict) or "access" not in found:
        raise Unauthorized("EC2 Signature not supplied")
    return found


def _authenticated(
    call: Call, rule: str, check: Callable[[str, dict[str, Any]], None]
) -> tuple[Row, dict[str, Any]]:  # fmt: skip
    if not (call.context.is_admin or "service" in call.context.roles):
        raise forbid(rule)
    given = _given(call)
    row = call.tx.get(credentials, credential_id(str(given["access"])))
    if row is None or row["type"] != "ec2":
        raise NotFound("EC2 access key not found.")
    blob = json.loads(row["blob"])
    check(blob["secret"], given)
    _fresh(call, given)
    user, project = call.tx.get(users, row["user_id"]), call.tx.get(projects, row["project_id"])
    if user is None or project is None or not user["enabled"] or not project["enabled"]:
        raise Unauthorized("The request you have made requires authentication.")
    scope: dict[str, Any] = {"project_id": project["id"], "project_name": project["name"]}
    if blob.get("trust_id"):
        scope, roles, user = trusts.scope(call, blob["trust_id"], user)
    else:
        roles = effective_roles(call.tx, user["id"], project_id=project["id"])
    if not roles:
        raise Unauthorized("User not valid for project.")
    token = tokens.issue(call.tx, user, scope, ["ec2credential"], roles=roles)
    return token, auth.body(call, token)


def _same(given: Any, expected: str) -> bool:
    return hmac.compare_digest(str(given).encode(), expected.encode())


def _ec2_signature(secret: str, given: dict[str, Any]) -> None:
    signature, host = given.get("signature"), str(given.get("host", ""))
    if not signature:
        raise Unauthorized("EC2 signature not supplied.")
    # Some clients sign without the port.
    for name in dict.fromkeys((host, host.partition(":")[0])):
        try:
            expected = signing.ec2(secret, {**given, "host": name})
        except ValueError:
            break
        if _same(signature, expected):
            return
    raise Unauthorized("Invalid EC2 signature.")


def _s3_signature(secret: str, given: dict[str, Any]) -> None:
    try:
        expected = signing.s3(secret, str(given.get("token", "")))
    except ValueError:
        raise Unauthorized("Invalid EC2 signature.") from None
    if not _same(given.get("signature", ""), expected):
        raise Unauthorized("Credential signature mismatch")


def _fresh(call: Call, given: dict[str, Any]) -> None:
    params, headers = given.get("params") or {}, given.get("headers") or {}
    text = params.get("Timestamp") or headers.get("X-Amz-Date") or params.get("X-Amz-Date")
    if not text:
        return
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError as error:
        raise Unauthorized(f"Credential timestamp is invalid: {error}") from None
    if moment.tzinfo is not None:
        moment = moment.astimezone(UTC).replace(tzinfo=None)
    if call.tx.now > moment + LIFETIME:
        raise Unauthorized("Credential is expired")
