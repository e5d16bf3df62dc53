"""POST /v3/auth/tokens and its kin: how a client proves who it is and chooses a scope."""

from __future__ import annotations

from typing import Any

from kit.cloud.call import Answer, Call
from kit.cloud.errors import BadRequest, Forbidden, NotFound, Unauthorized
from kit.cloud.identity import models, tokens, trusts
from kit.cloud.identity.assignments import effective_roles
from kit.cloud.identity.catalog import catalog
from kit.cloud.identity.common import overlooks
from kit.cloud.identity.models import app_credentials, matches, projects, users
from kit.cloud.store import Row

_REQUIRES = "The request you have made requires authentication."
_MALFORMED = (
    "Expecting to find {} in {}. The server could not comply with the request since it is either malformed or "
    "otherwise incorrect. The client is assumed to be in error."
)


_UNKNOWN = "Could not recognize Fernet token"
_UNNAMED = "Invalid input for field {}: id or name must be present."
_SCOPES = "system, project, domain, OS-TRUST:trust or unscoped"
_KNOWN = frozenset(("password", "token", "application_credential"))


def _part(data: Any, name: str, where: str, kind: type = dict) -> Any:
    if not isinstance(data, dict) or not isinstance(data.get(name), kind):
        raise BadRequest(_MALFORMED.format(name, where))
    return data[name]


def _domain(call: Call, reference: Any) -> Row | None:
    """The domain that a body names by id or name."""
    if not isinstance(reference, dict):
        return None
    if not ("id" in reference or "name" in reference):
        raise BadRequest(_UNNAMED.format("identity/password/user/domain"))
    if "id" in reference:
        return call.tx.first(projects, id=reference["id"], is_domain=True)
    return call.tx.first(projects, name=reference.get("name"), is_domain=True)


def _user(call: Call, reference: dict[str, Any]) -> Row:
    """The enabled user that a body names; 401 whatever is wrong, as Keystone tells nobody which half was."""
    domain: Row | None = None
    if "id" in reference:
        row = call.tx.get(users, str(reference["id"]))
    elif "name" in reference and "domain" in reference:
        domain = _domain(call, reference["domain"])
        row = call.tx.first(users, name=reference["name"], domain_id=domain["id"]) if domain else None
    else:
        raise BadRequest(_MALFORMED.format("domain", "user"))
    if row is None or not row["enabled"]:
        raise Unauthorized(_REQUIRES)
    home = domain or call.tx.get(projects, row["domain_id"])
    if home is None or not home["enabled"]:
        raise Unauthorized(_REQUIRES)
    return row


def _by_password(call: Call, identity: dict[str, Any]) -> Row:
    user = _part(_part(identity, "password", "identity"), "user", "None")
    row = _user(call, user)
    if not matches(str(user.get("password", "")), row["password_hash"]):
        raise Unauthorized(_REQUIRES)
    if row["password_expires_at"] and row["password_expires_at"] <= call.tx.stamp:
        raise Unauthorized(f"The password is expired and needs to be changed for user: {row['id']}.")
    return row


def _by_token(call: Call, identity: dict[str, Any]) -> tuple[Row, Row]:
    given = _part(identity, "token", "identity")
    if "id" not in given:
        raise BadRequest("Invalid input for field 'identity/token': 'id' is a required property")
    old = tokens.find(call.tx, str(given["id"]))
    if old is None:
        raise NotFound(_UNKNOWN)
    user = call.tx.get(users, old["user_id"])
    if user is None or not user["enabled"]:
        raise Unauthorized(_REQUIRES)
    return user, old


def _by_app_credential(call: Call, identity: dict[str, Any]) -> tuple[Row, Row]:
    given = _part(identity, "application_credential", "identity")
    if "id" in given:
        row = call.tx.get(app_credentials, str(given["id"]))
        if row is None:
            raise NotFound(f"Could not find Application Credential: {given['id']}.")
    elif "name" in given and isinstance(given.get("user"), dict):
        row = call.tx.first(app_credentials, name=given["name"], user_id=_user(call, given["user"])["id"])
    else:
        raise BadRequest(_MALFORMED.format("name or ID", "application credential"))
    user = call.tx.get(users, row["user_id"]) if row else None
    if (
        row is None
        or user is None
        or not user["enabled"]
        or not matches(str(given.get("secret", "")), row["secret_hash"])
    ):
        raise Unauthorized(_REQUIRES)
    if row["expires_at"] and row["expires_at"] <= call.tx.stamp:
        raise Unauthorized(_REQUIRES)
    return user, row


def create(call: Call) -> Answer:
    """Issue a token."""
    auth = _part(call.json(), "auth", "request body")
    identity = _part(auth, "identity", "auth")
    methods = _part(identity, "methods", "identity", list)
    if not methods:
        raise Unauthorized(_REQUIRES)
    for method in methods:
        if not isinstance(method, str) or method not in identity:
            raise BadRequest(_MALFORMED.format(method, "identity"))
        if method not in _KNOWN:
            raise Unauthorized("Attempted to authenticate with an unsupported method.")
    old: Row | None = None
    if "application_credential" in methods:
        return _from_app_credential(call, auth, identity)
    if "token" in methods:
        user, old = _by_token(call, identity)
    if "password" in methods:
        user = _by_password(call, identity)
    fields: dict[str, Any] = {}
    if isinstance(auth.get("scope"), dict) and "OS-TRUST:trust" in auth["scope"]:
        scope, roles, user = _trust(call, auth["scope"]["OS-TRUST:trust"], user)
    else:
        scope, roles = _scope(call, auth.get("scope"), user)
    if old is not None:
        # A token made from a token ends with it, and remembers where it came from.
        scope.setdefault("expires_at", old["expires_at"])
        fields = {"audit_ids": [call.tx.ids.secret(16), old["audit_ids"][-1]]}
        methods = list(dict.fromkeys([*old["methods"], *methods]))
    row = tokens.issue(call.tx, user, scope, methods, roles=roles, **fields)
    return _answer(call, row, 201, "nocatalog" not in call.query)


def _trust(call: Call, reference: Any, user: Row) -> tuple[dict[str, Any], list[list[str]], Row]:
    """The scope that a trust gives its trustee; 401 when there is no such trust (any more)."""
    trust_id = _part(reference, "id", "OS-TRUST:trust", str)
    try:
        return trusts.scope(call, trust_id, user)
    except NotFound as error:
        raise Unauthorized(error.message) from None


def _from_app_credential(call: Call, auth: dict[str, Any], identity: dict[str, Any]) -> Answer:
    user, credential = _by_app_credential(call, identity)
    if "scope" in auth:
        raise Unauthorized(
            "Application credentials cannot request a scope: the scope is the project they were made for."
        )
    project = call.tx.get(projects, credential["project_id"])
    if project is None or not project["enabled"]:
        raise Unauthorized(_REQUIRES)
    held = {role_id for role_id, _ in effective_roles(call.tx, user["id"], project_id=project["id"])}
    if not {role_id for role_id, _ in credential["roles"]} <= held:
        raise Unauthorized(_REQUIRES)
    scope = {"project_id": project["id"], "project_name": project["name"]}
    row = tokens.issue(
        call.tx, user, scope, ["application_credential"], roles=credential["roles"],
        app_credential_id=credential["id"], restricted=not credential["unrestricted"],
    )  # fmt: skip
    return _answer(call, row, 201, "nocatalog" not in call.query)


def _scope(call: Call, scope: Any, user: Row) -> tuple[dict[str, Any], list[list[str]]]:
    """The token's scope columns and roles; the user's default project where the body says nothing."""
    if scope == "unscoped" or (isinstance(scope, dict) and "unscoped" in scope):
        return {}, []
    if scope is None:
        project = call.tx.get(projects, user["default_project_id"])
        found = effective_roles(call.tx, user["id"], project_id=project["id"]) if project else []
        if project is None or not project["enabled"] or not found:
            return {}, []
        return {"project_id": project["id"], "project_name": project["name"]}, found
    if not isinstance(scope, dict):
        raise BadRequest(_MALFORMED.format("scope", "auth"))
    if len(scope) != 1:
        raise BadRequest(_MALFORMED.format(_SCOPES, "scope"))
    if "system" in scope:
        found = effective_roles(call.tx, user["id"])
        target: dict[str, Any] = {"system": True}
    elif "domain" in scope:
        row = _domain(call, scope["domain"])
        if row is None or not row["enabled"]:
            raise Unauthorized(_REQUIRES)
        found = effective_roles(call.tx, user["id"], domain_id=row["id"])
        target = {"domain_id": row["id"]}
    elif "project" in scope:
        row = _project(call, scope["project"])
        if row is None or not row["enabled"]:
            raise Unauthorized(_REQUIRES)
        found = effective_roles(call.tx, user["id"], project_id=row["id"])
        target = {"project_id": row["id"], "project_name": row["name"]}
    else:
        raise BadRequest(_MALFORMED.format(_SCOPES, "scope"))
    if not found:
        raise Unauthorized(_REQUIRES)
    return target, found


def _project(call: Call, reference: Any) -> Row | None:
    if not isinstance(reference, dict):
        raise BadRequest(_MALFORMED.format("project", "scope"))
    if "id" in reference:
        return call.tx.get(projects, str(reference["id"]))
    if "name" not in reference:
        raise BadRequest(_UNNAMED.format("scope/project"))
    if "domain" not in reference:
        raise BadRequest(_MALFORMED.format("domain", "project"))
    domain = _domain(call, reference["domain"])
    return call.tx.first(projects, name=reference.get("name"), domain_id=domain["id"]) if domain else None


class _Domains:
    """Domains as a token names them, each looked up once."""

    def __init__(self, call: Call) -> None:
        self._tx = call.tx
        self._known: dict[str | None, str | None] = {}

    def __call__(self, domain_id: str | None) -> dict[str, Any]:
        if domain_id not in self._known:
            row = self._tx.get(projects, domain_id)
            self._known[domain_id] = row["name"] if row else None
        return {"id": domain_id, "name": self._known[domain_id]}


def body(call: Call, row: Row, with_catalog: bool = True) -> dict[str, Any]:
    """A token as Keystone shows it."""
    named = _Domains(call)
    user = call.tx.get(users, row["user_id"])
    expires = user["password_expires_at"] if user else None
    token: dict[str, Any] = {
        "methods": row["methods"],
        "user": {
            "domain": named(row["user_domain_id"]), "id": row["user_id"], "name": row["user_name"],
            "password_expires_at": expires,
        },
        "audit_ids": row["audit_ids"],
        "expires_at": row["expires_at"] + "Z",
        "issued_at": row["issued_at"] + "Z",
    }  # fmt: skip
    if row["app_credential_id"]:
        made = call.tx.get(app_credentials, row["app_credential_id"])
        if made:
            token["application_credential"] = {
                "id": made["id"], "name": made["name"], "restricted": not made["unrestricted"],
            }  # fmt: skip
            if made["access_rules"]:
                token["application_credential"]["access_rules"] = made["access_rules"]
    made_by = call.tx.get(models.trusts, row["trust_id"]) if row["trust_id"] else None
    if made_by:
        token["OS-TRUST:trust"] = {
            "id": made_by["id"], "impersonation": made_by["impersonation"],
            "trustor_user": {"id": made_by["trustor_user_id"]}, "trustee_user": {"id": made_by["trustee_user_id"]},
        }  # fmt: skip
    if row["project_id"]:
        project = call.tx.get(projects, row["project_id"])
        domain_id = project["domain_id"] if project else None
        token["project"] = {"domain": named(domain_id), "id": row["project_id"], "name": row["project_name"]}
        token["is_domain"] = False
    elif row["domain_id"]:
        token["domain"] = named(row["domain_id"])
    elif row["system"]:
        token["system"] = {"all": True}
    if row["roles"]:
        token["roles"] = [{"id": role_id, "name": name} for role_id, name in row["roles"]]
        if with_catalog:
            token["catalog"] = catalog(call.tx, call.base, row["project_id"])
    return {"token": token}


def _answer(call: Call, row: Row, status: int, with_catalog: bool) -> Answer:
    return Answer(status, body(call, row, with_catalog), {"X-Subject-Token": row["id"]})


def _subject(call: Call, operation: str = "validate_token") -> Row:
    """The token that a request is about; one's own, or any for those who may look."""
    subject = call.headers.get("x-subject-token")
    row = tokens.find(call.tx, subject)
    if row is None:
        raise NotFound(_UNKNOWN if subject else "No token in the request")
    context = call.context
    looks = overlooks(context) if operation == "validate_token" else context.is_admin
    may = looks or "service" in context.roles or row["user_id"] == context.user_id
    if not may:
        raise Forbidden(f"You are not authorized to perform the requested action: identity:{operation}.")
    return row


def show(call: Call) -> Answer:
    """Validate a token."""
    return _answer(call, _subject(call), 200, "nocatalog" not in call.query)


def check(call: Call) -> Answer:
    """Validate a token without a body."""
    return Answer(200, None, {"X-Subject-Token": _subject(call)["id"]})


def revoke(call: Call) -> None:
    """End a token."""
    tokens.revoke(call.tx, id=_subject(call, "revoke_token")["id"])


def list_catalog(call: Call) -> dict[str, Any]:
    """The catalog for the caller's scope."""
    if call.context.project_id is None:
        raise Forbidden("You are not authorized to perform the requested action.")
    return {
        "catalog": catalog(call.tx, call.base, call.context.project_id),
        "links": {"self": f"{call.root}/v3/auth/catalog"},
    }
