"""Who may do what with an image: Glance's rules, which look at roles, owner and visibility."""

from __future__ import annotations

from kit.cloud.call import Context
from kit.cloud.errors import NotFound
from kit.cloud.image.service import forbidden
from kit.cloud.store import Row

# glance.policies.image: what the owner's members may, what the owner's readers may, what only the administrator may.
_MEMBERS = frozenset(
    (
        "delete_image", "modify_image", "communitize_image", "upload_image", "deactivate", "reactivate", "add_member",
        "delete_member", "set_image_location",
    )
)  # fmt: skip
_ADMINISTRATORS = frozenset(("publicize_image", "copy_image", "delete_image_location"))


def allows(context: Context, rule: str, row: Row) -> bool:
    """Whether the rule lets the caller do it to that image.

    Rules are for tokens of a project: one of a domain or of the system has no say in any.
    """
    if context.project_id is None:
        return False
    if context.is_admin:
        return True
    roles, owns = context.roles, row["owner"] == context.project_id
    if rule in _ADMINISTRATORS:
        return False
    if rule in ("fetch_image_location", "add_image_location"):
        return "service" in roles or (rule == "add_image_location" and "member" in roles and owns)
    if rule in _MEMBERS:
        return "member" in roles and owns
    if rule == "modify_member":
        return "member" in roles and not owns and row["visibility"] == "shared"
    if rule == "get_image_location":
        return "reader" in roles and owns
    role = "member" if rule.startswith("download") else "reader"
    return role in roles and (owns or row["visibility"] != "private")


def enforce(context: Context, rule: str, row: Row) -> None:
    """Refuse who may not do it; an image that they may not even see is not there.

    Raises
    ------
    NotFound
        As `glance.api.v2.policy.ImageAPIPolicy`.
    Forbidden
        When they see the image.
    """
    if allows(context, rule, row):
        return
    if rule == "get_image" or not allows(context, "get_image", row):
        raise NotFound("The resource could not be found.")
    raise refusal(rule)


def require(context: Context, rule: str, allowed: bool) -> None:
    """Refuse who may not do it, by a rule that is about no image."""
    if not allowed or context.project_id is None:
        raise refusal(rule)


def refusal(rule: str) -> Exception:
    """`You are not authorized to complete get_images action.`"""
    return forbidden(f"You are not authorized to complete {rule} action.")
