"""What a server gets as user data, by `user_data_format`. Source: Heat 27, `heat.engine.clients.os.nova.build_userdata`."""

from __future__ import annotations

from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

BOOT = """#cloud-config
user: ec2-user
cloud_config_modules:
 - locale
 - set_hostname
 - ssh
 - timezone
 - update_etc_hosts
 - update_hostname
"""


def build(text: str, form: str, stack_url: str, resource: str) -> str:
    """The user data.

    Parameters
    ----------
    form : str
        `RAW`: the text as it is. `HEAT_CFNTOOLS`: a message of several parts. `SOFTWARE_CONFIG`: the same, with what
        the agent of deployments needs.
    """
    if form == "RAW":
        return text
    message = MIMEMultipart(boundary="===============heat==")
    parts = [
        (BOOT, "cloud-config", ""),
        (f"{stack_url}/resources/{resource}/metadata", "x-cfninitdata", "cfn-metadata"),
    ]
    if form == "SOFTWARE_CONFIG" and not text:
        parts.append(("", "x-cfninitdata", "cfn-userdata"))
    else:
        parts.append((text, "x-cfninitdata" if form == "HEAT_CFNTOOLS" else _kind(text), "cfn-userdata"))
    for content, subtype, name in parts:
        part = MIMEText(content, _subtype=subtype)
        if name:
            part.add_header("Content-Disposition", "attachment", filename=name)
        message.attach(part)
    return message.as_string()


def _kind(text: str) -> str:
    return "cloud-config" if text.startswith("#cloud-config") else "x-shellscript"
