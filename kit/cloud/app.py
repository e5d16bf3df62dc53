"""The WSGI callable: Falcon finds the route, a transaction surrounds the operation."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from http import HTTPStatus
from math import inf
from threading import Lock
from time import perf_counter
from typing import TYPE_CHECKING, Any

import falcon
from sqlalchemy.exc import DataError, OperationalError

from kit.cloud.call import Answer, Call, Context, Query
from kit.cloud.errors import ApiError, BadRequest, NotFound, ServerFault, Unauthorized
from kit.cloud.faults import Fault
from kit.cloud.record import Exchange
from kit.cloud.router import Router
from kit.cloud.service import Operation, Service, encode
from kit.cloud.store import Transaction
from kit.cloud.versions import Version

if TYPE_CHECKING:
    from kit.cloud.cloud import Cloud
    from kit.cloud.inner import Inner

log = logging.getLogger("kit.cloud")

INNER = "kit.inner"
ASKED = "kit.path"  # the path as the client wrote it
PATIENCE = "kit.patience"  # how many seconds a client in this process waits for an answer
LATE = "kit.late"  # set when it waits no longer
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "COPY", "OPTIONS")
_SAFE = frozenset(("GET", "HEAD", "OPTIONS"))
_STATUS = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus}

Environ = dict[str, Any]
StartResponse = Callable[..., Any]


class Dropped(Exception):
    """A fault ends the connection without an answer; each face of the cloud shows it its own way."""


class _Resource:
    """One path of a service, as Falcon wants it: a responder for every method."""

    def __init__(self, app: App, service: Service, operations: dict[str, list[Operation]]) -> None:
        self.responders: dict[str, Callable[..., None]] = {}
        for method in METHODS:
            found = operations.get(method, [])
            if method == "HEAD" and service.head_as_get:
                found = found or operations.get("GET", [])

            def respond(
                req: falcon.Request, resp: falcon.Response, _found: list[Operation] = found, **params: str
            ) -> None:
                app.serve(service, _found, sorted(operations), req, resp, params)

            self.responders[method] = respond


class App:
    """The services behind one WSGI callable.

    It holds no state of a cloud: the cloud that a request is for comes with it, in the environment
    under `kit.cloud`. So one application, whose router is compiled once, serves every cloud of the process.
    """

    def __init__(self, services: Iterable[Service]) -> None:
        services = list(services)
        self.falcon = falcon.App(media_type="application/json", router=Router())
        self._loading = Lock()
        self.falcon.resp_options.default_media_type = None  # type: ignore[assignment]  # each service has its own way with empty bodies
        self.falcon.req_options.strip_url_path_trailing_slash = True
        self.falcon.add_error_handler(Dropped, _let_through)  # Falcon would answer 500
        # The first part of a path -> the service whose routes are not known yet.
        self._later: dict[str, Service] = {}
        self._located = [service for service in services if type(service).locate is not Service.locate]
        for service in services:
            if service.loaded:
                self._add(service)
            else:
                self._later[service.path.strip("/")] = service

    def _add(self, service: Service) -> None:
        """Let Falcon know a service's routes."""
        by_template: dict[str, dict[str, list[Operation]]] = {}
        for operation in service.operations:
            by_template.setdefault(operation.template, {}).setdefault(operation.method, []).append(operation)
        for template, operations in by_template.items():
            path = (service.path + template).rstrip("/") or "/"
            self.falcon.add_route(path, _Resource(self, service, operations))
        self.falcon.add_sink(self._sink(service), rf"{service.path}(?:/|$)")

    def _load(self, name: str) -> None:
        with self._loading:
            if name in self._later:
                self._add(self._later[name])
                del self._later[name]

    def __call__(self, cloud: Cloud, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request to `cloud`."""
        environ["kit.cloud"] = cloud
        path = environ.get("PATH_INFO", "")
        # A client that was given only host and port finds the identity service there.
        if path in ("", "/") or path == "/v3" or path.startswith("/v3/"):
            environ["PATH_INFO"] = "/identity" + path
        elif path == "/info":  # where a client of Swift looks, whatever the path of the endpoint
            environ["PATH_INFO"] = path = "/object-store/info"
        for service in self._located:
            if path.startswith(service.path):
                environ["PATH_INFO"], environ[ASKED] = service.locate(path), path.rstrip("/") or path
        if self._later:
            name = path[1:].partition("/")[0]
            if name in self._later:
                self._load(name)
        return self.falcon(environ, start_response)

    def _sink(self, service: Service) -> Callable[..., None]:
        def respond(req: falcon.Request, resp: falcon.Response, **_params: str) -> None:
            self.serve(service, [], [], req, resp, {})

        return respond

    def serve(
        self, service: Service, operations: list[Operation], methods: list[str],
        req: falcon.Request, resp: falcon.Response, params: dict[str, str],
    ) -> None:  # fmt: skip
        """Answer one request: `operations` are those of its method, `methods` all that its path has."""
        started = perf_counter()
        environ = req.env
        cloud: Cloud = environ["kit.cloud"]
        inner: Inner | None = environ.get(INNER)
        look = inner is not None and inner.tx is not None
        if cloud.clock.tick and inner is None:
            cloud.clock.advance(cloud.clock.tick)
        length = environ.get("CONTENT_LENGTH")
        headers = {
            key[5:].replace("_", "-").lower(): value for key, value in environ.items() if key.startswith("HTTP_")
        }
        headers["content-type"] = environ.get("CONTENT_TYPE") or ""
        if length:
            headers["content-length"] = length
        call = Call(
            cloud=cloud, service=service, tx=None, method=req.method, path=environ.get(ASKED, req.path),  # type: ignore[arg-type]
            query=Query.parse(environ.get("QUERY_STRING", "")), headers=headers,
            body=environ["wsgi.input"].read(int(length)) if length and length.isdigit() else b"",
            base=f"{environ['wsgi.url_scheme']}://{headers.get('host') or _address(environ)}{environ.get('SCRIPT_NAME', '')}",
            request_id="req-inner" if look else f"req-{cloud.request_ids.uuid()}", context=Context(), inner=inner,
            slash=environ.get("PATH_INFO", "").endswith("/"),
        )  # fmt: skip
        answer, operation, fault = self._perform(call, operations, methods, params, environ)
        payload = encode(answer) if call.method != "HEAD" else b""
        resp.status = _STATUS.get(answer.status) or str(answer.status)
        for name, value in {**service.headers(call, answer.status), **call.response_headers, **answer.headers}.items():
            resp.append_header(name, value)
        if payload or answer.status not in (204, 304):
            resp.data = payload
        own = payload or answer.type != "application/json"
        kind = answer.headers.get("content-type") or (answer.type if own else service.empty_type)
        if kind is None and answer.status not in (204, 304):
            kind = answer.type
        resp.content_type = kind or None
        if look:
            return
        cloud.exchanges.add(
            Exchange(
                cloud.exchanges.next_number(),
                cloud.clock.now(),
                service.type,
                call.method,
                call.path + ("?" + environ["QUERY_STRING"] if environ.get("QUERY_STRING") else ""),
                answer.status,
                (perf_counter() - started) * 1000,
                call.context.user_name,
                call.context.project_name or "",
                operation,
                str(fault) if fault else "",
                headers,
                {**resp.headers, "content-type": answer.type if payload else ""},
                call.body,
                payload,
            )
        )
        if self._looks(call, operations) or (operations and operations[0].open and not operations[0].writes):
            return
        if answer.status < 400:
            cloud.note_change("act" if inner is not None else "request")
        else:
            for watcher in cloud.watchers:
                watcher.refused()

    def _strike(self, call: Call, environ: Environ) -> Fault | None:
        """Find the fault that this call meets, and let its latency pass before any lock is held."""
        cloud = call.cloud
        with cloud.read() as tx:
            context = cloud.authenticate(tx, call.headers.get("x-auth-token")) or Context()
        fault = cloud.faults.strikes(
            call.service.type, call.method, call.path, context.project_name or "", context.user_name
        )
        if fault is not None and fault.latency:
            patience = environ.get(PATIENCE, inf) * (cloud.clock.rate or 1)
            # Who hears nothing for so long goes away; what was asked is done all the same.
            environ[LATE] = fault.latency > patience
            cloud.clock.sleep(min(fault.latency, patience))
            cloud.settle()
        if fault is not None and fault.drop and not fault.after:
            raise Dropped(str(fault))
        return fault

    @staticmethod
    def _looks(call: Call, operations: list[Operation]) -> bool:
        return call.method in _SAFE and not any(operation.writes for operation in operations)

    def _transaction(self, call: Call, operations: list[Operation]) -> AbstractContextManager[Transaction]:
        if call.inner is not None and call.inner.tx is not None:
            return nullcontext(call.inner.tx)
        return call.cloud.read() if self._looks(call, operations) else call.cloud.write()

    def _perform(
        self, call: Call, operations: list[Operation], methods: list[str], params: dict[str, str], environ: Environ
    ) -> tuple[Answer, str, Fault | None]:
        """Run the operation; a refusal becomes the service's own answer and leaves no trace in the store."""
        name, fault = "", None
        try:
            if call.inner is None or call.inner.tx is None:
                call.cloud.settle()
                fault = self._strike(call, environ) if call.cloud.faults else None
            with self._transaction(call, operations) as tx:
                call.tx = tx
                operation = self._choose(call, operations, methods)
                name = operation.name
                if (call.inner is None or call.inner.judged) and not operation.open:
                    call.service.authorize(call, operation, params)
                if fault is not None and fault.status and not fault.after:
                    raise _failure(fault)
                judges = () if call.inner is not None or self._looks(call, operations) else call.cloud.watchers
                for watcher in judges:
                    watcher.before(call)
                answer = call.service.answer(operation, operation.function(call, **params))
                call.service.dress(call, answer)
                if answer.status < 400:
                    for watcher in judges:
                        watcher.judge(call)
            if fault is not None and fault.after:
                if fault.drop:
                    raise Dropped(str(fault))
                raise _failure(fault)
            return answer, name, fault
        except Unauthorized as error:
            answer = call.service.fault(error, call)
            answer.headers = {**call.service.challenge(call), **answer.headers}
            return answer, name, fault
        except ApiError as error:
            return call.service.fault(error, call), name, fault
        except Dropped:
            raise
        except (OperationalError, sqlite3.OperationalError) as error:  # a full disk, a database that is down
            told = str(getattr(error, "orig", None) or error).partition("\n")[0]
            log.error("%s %s failed, nothing of it is kept; the store says: %s", call.method, call.path, told)
            return call.service.fault(ServerFault("Unexpected API Error."), call), name, fault
        except (DataError, OverflowError, UnicodeEncodeError):  # what no database can hold: half a character, 10**20
            return call.service.fault(BadRequest(call.service.malformed_body), call), name, fault
        except Exception:
            log.exception("%s %s failed", call.method, call.path)
            return call.service.fault(ServerFault("Unexpected API Error."), call), name, fault

    def _choose(self, call: Call, operations: list[Operation], methods: list[str]) -> Operation:
        """The operation to run, after version and token have been looked at."""
        service = call.service
        if call.inner is not None:
            call.context = call.inner.context
        elif not (operations and operations[0].open):
            context = call.cloud.authenticate(call.tx, call.headers.get("x-auth-token"))
            if context is None:
                raise Unauthorized("The request you have made requires authentication.")
            call.context = context
            if context.token.get("app_credential_id"):
                from kit.cloud.identity.access_rules import enforce

                enforce(call)
        if not operations or not (service.strips_slash or operations[0].open or not call.slash):
            raise service.no_route(call, methods if not operations else [])
        if service.microversions is not None and not operations[0].open:
            service.settle_version(call)
        return _existing(call, operations)


def _address(environ: Environ) -> str:
    """The host and the port of a request that names none."""
    return f"{environ['SERVER_NAME']}:{environ['SERVER_PORT']}"


def _existing(call: Call, operations: list[Operation]) -> Operation:
    version: Version | None = call.version
    for operation in operations:
        if operation.exists_in(version):
            return operation
    raise NotFound("The resource could not be found.")


def _let_through(_req: falcon.Request, _resp: falcon.Response, error: Exception, _params: Any) -> None:
    raise error


def _failure(fault: Fault) -> ApiError:
    status = fault.status or 500
    error = ApiError(fault.message or HTTPStatus(status).description or HTTPStatus(status).phrase, status=status)
    error.title = HTTPStatus(status).phrase
    if fault.retry_after:
        error.headers = {"Retry-After": str(fault.retry_after)}
    return error
