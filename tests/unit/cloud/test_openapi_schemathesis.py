"""What schemathesis makes of the description, right and wrong, gets only answers that the description knows."""

import json
import os
import warnings

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable

from kit.cloud import Cloud
from kit.cloud.openapi import document
from kit.cloud.registry import SERVICES

schemathesis = pytest.importorskip("schemathesis")

EXAMPLES = int(os.environ.get("KIT_EXAMPLES", "1"))
# Each example is new: nothing is kept, shrunk or timed.
HOW = settings(
    max_examples=EXAMPLES, deadline=None, database=None, derandomize=True, phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
ENDS_THE_TOKEN = ("/auth/tokens", "/users/{user_id}/password")


@pytest.fixture(scope="module")
def described():
    return json.loads(json.dumps(document(SERVICES)))


class Caller:
    """A cloud that goes back to its start when its token has ended."""

    def __init__(self):
        self.cloud = Cloud.from_seed("devstack", clock="manual", random_seed=1)
        self.token = self.cloud.connect().auth_token
        self.start = self.cloud.snapshot()
        self.calls = 0

    def app(self, environ, start_response):
        return self.cloud.app(environ, start_response)

    def call(self, case):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a header that no client would send
            answer = case.call(headers={"X-Auth-Token": self.token})
        self.calls += 1
        if answer.status_code == 401 or self.calls % 300 == 0:
            self.cloud.restore(self.start)
        return answer.status_code


def checking(caller, operation, wrong):
    """A test of one operation; what it finds goes into `wrong`."""

    def check(case):
        status = caller.call(case)
        if status == 500 or str(status) not in operation.definition.raw["responses"]:
            wrong.append((status, operation.method, operation.path, case.path_parameters, case.query, case.body))

    return check


@pytest.mark.parametrize("mode", ["POSITIVE", "NEGATIVE"])
def test_every_answer_is_described(described, mode):
    caller, wrong, tried = Caller(), [], 0
    schema = schemathesis.openapi.from_dict(described)
    schema.app = caller.app
    for found in schema.get_all_operations():
        operation = found.ok()
        if operation.path.endswith(ENDS_THE_TOKEN):
            continue
        made = operation.as_strategy(generation_mode=getattr(schemathesis.GenerationMode, mode))
        try:
            HOW(given(case=made)(checking(caller, operation, wrong)))()
        except (schemathesis.errors.SchemathesisError, Unsatisfiable):
            continue  # nothing wrong can be made for it
        tried += 1
    assert tried > 500
    assert not wrong, f"{len(wrong)}:\n" + "\n".join(str(item)[:600] for item in wrong[:20])
