"""Signatures of EC2 and S3 requests, made anew from the secret to see whether the caller knows it.

Rules: AWS signature versions 0, 1, 2 and 4, in the forms that keystoneclient.contrib.ec2.utils signs.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

_V4 = "AWS4-HMAC-SHA256"


def _mac(key: bytes, message: str | bytes, kind: str = "sha256") -> bytes:
    return hmac.new(key, message.encode() if isinstance(message, str) else message, kind).digest()


def _text(mac: bytes) -> str:
    return base64.b64encode(mac).decode()


def _query(params: Mapping[str, Any]) -> str:
    return "&".join(f"{quote(name, safe='')}={quote(str(params[name]), safe='-_~')}" for name in sorted(params))


def ec2(secret: str, request: Mapping[str, Any]) -> str:
    """The signature that an EC2 request should carry.

    Parameters
    ----------
    request : mapping
        `verb`, `host`, `path`, `params`, and for version 4 `headers` and `body_hash`.

    Raises
    ------
    ValueError
        When the request is signed in no known way, or its parts are missing.
    """
    try:
        params, key = dict(request["params"]), secret.encode()
        version = params.get("SignatureVersion")
        if version == "0":
            return _text(_mac(key, params["Action"] + params["Timestamp"], "sha1"))
        if version == "1":
            return _text(_mac(key, "".join(f"{n}{params[n]}" for n in sorted(params, key=str.lower)), "sha1"))
        if version == "2":
            params["SignatureMethod"] = "HmacSHA256"
            line = f"{request['verb']}\n{request['host']}\n{request['path']}\n{_query(params)}"
            return _text(_mac(key, line))
        authorization = str((request.get("headers") or {}).get("Authorization", ""))
        if authorization.startswith(_V4) or params.get("X-Amz-Algorithm") == _V4:
            return _version_4(secret, request, params, authorization)
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        raise ValueError(f"the request lacks what is signed: {error}") from None
    raise ValueError(f"Unknown signature version: {version}")


def _version_4(secret: str, request: Mapping[str, Any], params: dict[str, Any], authorization: str) -> str:
    headers = request["headers"]

    def part(name: str) -> str:
        if authorization:
            return authorization.partition(f"{name}=")[2].split(",")[0]
        return str(params[f"X-Amz-{name}"])

    signed = part("SignedHeaders")
    lower = {name.lower().strip(): str(value).strip() for name, value in headers.items()}
    lines = "\n".join(f"{name}:{lower[name]}" for name in signed.split(";") if name in lower) + "\n"
    query = "" if request["verb"].upper() == "POST" else _query(params)
    canonical = "\n".join((request["verb"].upper(), request["path"], query, lines, signed, request["body_hash"]))
    _, day, region, service, *_ = scope = part("Credential").split("/")
    moment = headers.get("X-Amz-Date") or params["X-Amz-Date"]
    if not moment.startswith(day):
        raise ValueError("Request date mismatch error")
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    return _mac(_key(secret, day, region, service), "\n".join((_V4, moment, "/".join(scope[1:]), digest))).hex()


def _key(secret: str, day: str, region: str, service: str) -> bytes:
    key = _mac(f"AWS4{secret}".encode(), day)
    for word in (region, service, "aws4_request"):
        key = _mac(key, word)
    return key


def s3(secret: str, token: str) -> str:
    """The signature that an S3 request should carry.

    Parameters
    ----------
    token : str
        The text that was signed, in URL-safe base 64.

    Raises
    ------
    ValueError
        When it is no such text.
    """
    signed = base64.urlsafe_b64decode(token)
    if not signed.startswith(b"AWS4"):
        return _text(_mac(secret.encode(), signed, "sha1"))
    lines = signed.decode(errors="replace").split("\n")
    scope = lines[2].split("/") if len(lines) == 4 and lines[0] == _V4 else []
    if len(scope) != 4 or scope[3] != "aws4_request" or scope[2] not in ("s3", "iam", "sts"):
        raise ValueError("Invalid EC2 signature.")
    return _mac(_key(secret, *scope[:3]), signed).hex()
