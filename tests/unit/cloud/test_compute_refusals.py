"""What Nova refuses, in its words: bodies, queries, actions in the wrong state, callers without the role."""

from typing import Any

import pytest

from kit.cloud import Cloud
from kit.cloud.clock import Clock
from kit.cloud.compute.models import servers

UUID = "11111111-2222-3333-4444-555555555555"
LIMIT = "Invalid input for query parameters limit. Value: x. 'x' does not match '^[0-9]*$'"
UNKNOWN = "Additional properties are not allowed ('x' was unexpected)"
NAME = "An invalid 'name' value was provided. The name must be: printable characters. Can not start or end with whitespace."


class Nova:
    """A cloud with one server of the project `p`, and callers by role."""

    def __init__(self) -> None:
        roles = ("reader", "member", "manager")
        self.cloud = Cloud.from_seed({
            "random_seed": 5, "projects": [{"name": "p"}], "users": [{"name": r, "roles": {"p": r}} for r in roles],
            "flavors": [{"name": "f", "id": "1", "vcpus": 1, "ram": 64, "disk": 1}], "images": [{"name": "i"}],
            "networks": [{"name": "n", "project": "p", "subnets": [{"cidr": "10.0.0.0/24"}]}],
            "hosts": [{"name": name, "vcpus": 8, "memory_mb": 8192, "local_gb": 100} for name in ("a", "b")],
        }, clock=Clock(rate=0))  # fmt: skip
        self.callers = {role: self.cloud.connect(role, "p") for role in roles} | {"admin": self.cloud.connect()}
        made = self.callers["member"].create_server("s", image="i", flavor="f", wait=True)
        self.id = made.id

    def ask(self, method: str, path: str, body: Any = None, version: str = "2.60", role: str = "member") -> Any:
        """Status and message of a refusal; status and body of anything else."""
        options: dict[str, Any] = {} if body is None else {"json": body}
        compute = self.callers[role].compute
        found = compute.request(path.format(s=self.id), method, microversion=version, raise_exc=False, **options)
        told = found.json() if found.content else {}
        return found.status_code, next(iter(told.values()))["message"] if found.status_code >= 400 else told

    def set(self, **fields: Any) -> None:
        """Put the server into a state."""
        with self.cloud.write() as tx:
            tx.update(servers, self.id, **fields)


@pytest.fixture(scope="module")
def nova() -> Nova:
    return Nova()


@pytest.mark.parametrize(
    ("path", "version", "said"),
    [
        ("/servers?limit=x", "2.1", LIMIT), ("/servers/detail?limit=x", "2.104", LIMIT), ("/servers?x=1", "2.74", None),
        ("/servers?x=1", "2.75", "'x' does not match any of the regexes: '^_'"), ("/servers?_x=1", "2.75", None), ("/servers/{s}?x=1", "2.101", None),
        ("/servers/{s}?x=1", "2.102", UNKNOWN), ("/flavors?minRam=x", "2.1", "Invalid minRam filter [x]"),
        ("/servers?name=(", "2.1", "Invalid input for query parameters name. Value: (. '(' is not a 'regex'"),
        ("/servers?sort_key=id", "2.74", None), ("/servers?host=", "2.1", None),
        ("/flavors?sort_dir=up", "2.1", "Invalid input for query parameters sort_dir. Value: up. 'up' is not one of ['asc', 'desc']"),
        ("/servers/{s}/os-instance-actions?limit=1&limit=2", "2.58",
         "Invalid input for query parameters limit. Value: ['1', '2']. ['1', '2'] is too long"),
    ],
)  # fmt: skip
def test_a_query_is_taken_or_refused_by_microversion(nova, path, version, said):
    status, told = nova.ask("GET", path, version=version)
    assert (status, told) == (400, said) if said else status == 200


def test_files_for_a_server_are_base_64_and_within_the_quota(nova):
    def ask(*files: str) -> Any:
        given = {"name": "a", "flavorRef": "1", "imageRef": nova.callers["member"].get_image("i").id}
        given["personality"] = [{"path": "/x", "contents": text} for text in files]
        return nova.ask("POST", "/servers", {"server": given}, "2.1")

    assert ask("a") == (400, "Invalid input for field/attribute contents. Value: a. 'a' is not a 'base64'")
    assert ask(*["YQ=="] * 6) == (403, "Personality file limit exceeded")
    assert ask("YWFh" * 4000) == (403, "Personality file content exceeds maximum 10240")


@pytest.mark.parametrize(
    ("path", "body", "version", "said"),
    [
        ("/servers", {"server": {"name": " a", "flavorRef": "1"}}, "2.1", NAME),
        ("/servers", {"server": {"name": "\U0001f600", "flavorRef": "1"}}, "2.1", NAME),
        ("/servers", {"server": {"name": "a", "flavorRef": "1", "networks": "auto", "tags": []}}, "2.51", "('tags' was unexpected)"),
        ("/servers", {"server": {"name": "a", "flavorRef": "1", "networks": [{"uuid": "x"}]}}, "2.36", "Bad networks format"),
        ("/servers", {"server": {"name": "a", "flavorRef": "1", "networks": "x"}}, "2.37", "not valid under any of the given schemas"),
        ("/servers", {"server": {"name": "a", "flavorRef": "1", "block_device_mapping_v2": [{"x": 1}]}}, "2.1", UNKNOWN),
        ("/servers/{s}/metadata", {"metadata": {"a/b": "c"}}, "2.1", "does not match any of the regexes"),
        ("/servers/{s}/action", {"os-stop": None, "pause": None}, "2.1", "Malformed request body"),
        ("/servers/{s}/action", {"nosuch": None}, "2.1", "There is no such action: nosuch"),
        ("/servers/{s}/action", {"reboot": {"type": "x"}}, "2.1", "Invalid input for field/attribute type. Value: x."),
        ("/servers/{s}/action", {"reboot": None}, "2.1", "Invalid input for field/attribute reboot. Value: None."),
        (f"/servers/{UUID}/action", {"lock": {"x": 1}}, "2.73", UNKNOWN),
        ("/servers/{s}/remote-consoles", {"remote_console": {"protocol": "vnc", "type": "spice-direct"}}, "2.98", "is not one of"),
    ],
)  # fmt: skip
def test_a_body_is_refused_in_novas_words(nova, path, body, version, said):
    if "{s}" not in path and "networks" in str(body):
        body["server"]["imageRef"] = nova.callers["member"].get_image("i").id
    status, told = nova.ask("POST", path, body, version)
    assert status == 400 and said in told


@pytest.mark.parametrize(
    ("body", "version"),
    [
        ({"os-getVNCConsole": {"type": "novnc"}}, "2.6"),
        ({"trigger_crash_dump": None}, "2.16"),
        ("a", "2.1"),
        (1, "2.1"),
    ],
)
def test_an_action_that_a_microversion_has_not_is_not_found(nova, body, version):
    assert nova.ask("POST", "/servers/{s}/action", body, version)[0] == 404


@pytest.mark.parametrize(
    ("method", "path", "body", "name"),
    [
        ("POST", "/servers/{s}/metadata", {"metadata": {"a": "b"}}, "update metadata"),
        ("PUT", "/servers/{s}/tags", {"tags": ["a"]}, "update tags"), ("PUT", "/servers/{s}/tags/a", None, "update tag"),
        ("DELETE", "/servers/{s}/tags", None, "delete tags"), ("DELETE", f"/servers/{{s}}/os-interface/{UUID}", None, "detach_interface"),
        ("POST", "/servers/{s}/action", {"resize": {"flavorRef": "nosuch"}}, "resize"),
        ("POST", "/servers/{s}/action", {"createBackup": {"name": "b", "backup_type": "d", "rotation": 1}}, "createBackup"),
        ("POST", "/servers/{s}/action", {"changePassword": {"adminPass": "x"}}, "changePassword"),
    ],
)  # fmt: skip
def test_a_server_in_rescue_is_left_alone(nova, method, path, body, name):
    nova.set(vm_state="rescued")
    found = nova.ask(method, path, body)
    nova.set(vm_state="active")
    assert found == (409, f"Cannot '{name}' instance {nova.id} while it is in vm_state rescued")


@pytest.mark.parametrize("body", [{"os-stop": None}, {"os-start": None}, {"trigger_crash_dump": None}])
def test_a_server_without_a_host_is_not_ready(nova, body):
    host = nova.ask("GET", "/servers/{s}", role="admin")[1]["server"]["OS-EXT-SRV-ATTR:host"]
    nova.set(vm_state="shelved_offloaded", host=None)
    found = nova.ask("POST", "/servers/{s}/action", body)
    nova.set(vm_state="active", host=host)
    assert found == (409, f"Instance {nova.id} is not ready")


@pytest.mark.parametrize(
    ("role", "method", "path", "body", "version", "allowed"),
    [
        ("reader", "POST", "/servers/{s}/action", {"pause": None}, "2.1", False),
        ("reader", "POST", "/servers/{s}/os-volume_attachments", {"volumeAttachment": {"volumeId": UUID}}, "2.1", False),
        ("reader", "DELETE", f"/servers/{{s}}/os-volume_attachments/{UUID}", None, "2.1", False),
        ("member", "POST", "/servers/{s}/action", {"migrate": None}, "2.60", False),
        ("manager", "POST", "/servers/{s}/action", {"migrate": None}, "2.60", True),
        ("manager", "POST", "/servers/{s}/action", {"migrate": {"host": "b"}}, "2.60", False),
        ("manager", "POST", "/servers/{s}/action", {"os-migrateLive": {"host": "b", "block_migration": "auto"}}, "2.60", False),
        ("member", "GET", "/servers/{s}/migrations", None, "2.60", False),
        ("manager", "GET", "/servers/{s}/migrations", None, "2.60", True),
        ("manager", "GET", "/os-migrations", None, "2.80", False),
        ("manager", "GET", "/os-hypervisors", None, "2.60", False),
    ],
)  # fmt: skip
def test_readers_change_nothing_and_managers_may_migrate(nova, role, method, path, body, version, allowed):
    data = nova.cloud.snapshot()
    status, _ = nova.ask(method, path, body, version, role)
    nova.cloud.restore(data)
    assert (status < 300) is allowed and (allowed or status == 403)


def test_managers_see_their_projects_migrations_without_hosts(nova):
    data = nova.cloud.snapshot()
    nova.ask("POST", "/servers/{s}/action", {"migrate": None}, role="manager")
    project = nova.callers["manager"].current_project_id
    _, told = nova.ask("GET", f"/os-migrations?project_id={project}", version="2.80", role="manager")
    nova.cloud.restore(data)
    (found,) = told["migrations"]
    assert found["instance_uuid"] == nova.id and found["source_compute"] is None


def test_a_build_goes_through_its_steps():
    nova = Nova()
    made = nova.callers["member"].create_server("t", image="i", flavor="f")
    seen = []
    for seconds in (0, 0.8, 1.2, 10):
        nova.cloud.clock.advance(seconds)
        shown = nova.callers["admin"].compute.get_server(made.id)
        listed = next(each for each in nova.callers["admin"].compute.servers(all_projects=True) if each.id == made.id)
        assert listed.task_state == shown.task_state
        seen.append((shown.task_state, bool(shown.compute_host), bool(shown.addresses)))
    assert seen == [
        ("scheduling", False, False),
        ("networking", True, False),
        ("spawning", True, True),
        (None, True, True),
    ]


def test_flavors_lose_what_means_nothing_any_more(nova):
    _, old = nova.ask("GET", "/flavors/1", version="2.101")
    _, new = nova.ask("GET", "/flavors/1", version="2.102")
    assert set(old["flavor"]) - set(new["flavor"]) == {"rxtx_factor", "OS-FLV-DISABLED:disabled"}


def test_usage_comes_in_pages_that_end(nova):
    nova.cloud.clock.advance(3600)
    project = nova.callers["member"].current_project_id
    path = f"/os-simple-tenant-usage/{project}?start=2000-01-01T00:00:00"
    _, first = nova.ask("GET", f"{path}&limit=1", version="2.40")
    assert [share["instance_id"] for share in first["tenant_usage"]["server_usages"]] == [nova.id]
    assert f"marker={nova.id}" in first["tenant_usage_links"][0]["href"]
    assert nova.ask("GET", f"{path}&limit=1&marker={nova.id}", version="2.40") == (200, {"tenant_usage": {}})
    assert nova.ask("GET", f"{path}&marker={UUID}", version="2.40") == (400, f"Marker {UUID} could not be found.")


SERVER = {"name": "a", "flavorRef": "1", "imageRef": UUID, "networks": "none"}
LOCAL = {"source_type": "blank", "destination_type": "local", "volume_size": 1, "boot_index": -1}
VOLUME = {"source_type": "volume", "destination_type": "volume", "uuid": UUID}


@pytest.mark.parametrize(
    ("more", "role", "said"),
    [
        ({}, "member", "Can not find requested image"), ({"imageRef": ""}, "member", "Missing imageRef attribute"),
        ({"networks": [{}]}, "member", "Bad network format: missing 'uuid'"),
        ({"security_groups": [{"name": "x"}]}, "member", "Unable to find security_group with name or id 'x'"),
        ({"availability_zone": "a:b:c:d"}, "member", "Invalid input received: Unable to parse availability_zone"),
        ({"hostname": "h", "max_count": 2}, "member", "Unable to allocate a single hostname to multiple instances"),
        ({"host": "a", "availability_zone": "nova:a"}, "admin",
         "One mechanism with host and/or hypervisor_hostname and another mechanism with zone:host:node are mutually exclusive."),
        ({"block_device_mapping_v2": [LOCAL]}, "member", "Ephemeral disks requested are larger than the instance type allows. "
         "If no size is given in one block device mapping, flavor ephemeral size will be used."),
        ({"block_device_mapping_v2": [{**LOCAL, "guest_format": "swap"}]}, "member", "Swap drive requested is larger than instance type allows."),
        ({"block_device_mapping_v2": [VOLUME]}, "member", f"Volume {UUID} could not be found."),
        ({"imageRef": "", "block_device_mapping_v2": [{**VOLUME, "boot_index": 0}]}, "member",
         f"Block Device Mapping is Invalid: failed to get volume {UUID}."),
        ({"block_device_mapping": [{"device_name": "vda"}]}, "member", "Block Device Mapping is Invalid: Unrecognized legacy format."),
    ],
)  # fmt: skip
def test_a_new_server_is_refused_as_nova_34_refuses_it(nova, more, role, said):
    given = {**SERVER, **more}
    if "imageRef" not in more and more:
        given["imageRef"] = nova.callers["member"].get_image("i").id
    assert nova.ask("POST", "/servers", {"server": given}, "2.104", role) == (400, said)


@pytest.mark.parametrize(
    ("more", "role", "said"),
    [
        ({"availability_zone": "nova:x"}, "admin", "No valid host was found. No such host - host: x node: None "),
        ({"networks": [{"uuid": "{n}", "fixed_ip": "192.168.0.9"}]}, "member",
         "Build of instance {id} aborted: Invalid input received: Fixed IP 192.168.0.9 is not a valid ip address for network {n}."),
    ],
)  # fmt: skip
def test_what_only_a_host_finds_out_fails_the_build(nova, more, role, said):
    net = nova.callers["member"].get_network("n").id
    given = {**SERVER, "imageRef": nova.callers["member"].get_image("i").id, **more}
    if more.get("networks"):
        given["networks"] = [{**more["networks"][0], "uuid": net}]
    status, told = nova.ask("POST", "/servers", {"server": given}, "2.104", role)
    nova.cloud.clock.advance(60)
    (_, shown), made = nova.ask("GET", f"/servers/{told['server']['id']}", role="admin"), told["server"]["id"]
    nova.ask("DELETE", f"/servers/{made}", role="admin")
    nova.cloud.clock.advance(60)
    assert status == 202 and shown["server"]["fault"]["message"] == said.format(id=made, n=net)


@pytest.mark.parametrize(
    ("role", "query", "version", "answer"),
    [
        ("member", "status=DELETED", "2.1", (403, "Only administrators may list deleted instances")),
        ("member", "sort_key=host", "2.1", (403, "Only administrators can sort servers by host")),
        ("member", "sort_dir=up", "2.1", (400, "Invalid input received: Unknown sort direction, must be 'desc' or 'asc'")),
        ("member", "all_tenants=x", "2.1", (400, "Unrecognized value 'x', acceptable values are: "
         "'0', '1', 'f', 'false', 'n', 'no', 'off', 'on', 't', 'true', 'y', 'yes'")),
        ("member", "status=x", "2.37", []), ("member", "status=x", "2.38", (400, "Invalid status value")),
        ("admin", "services=x", "2.1", (400, "Invalid filter field: services.")), ("member", "services=x", "2.1", ["s"]),
        ("member", "uuid=x", "2.1", ["s"]), ("admin", "all_tenants=1&uuid=x", "2.1", []),
        ("member", "availability_zone=x", "2.82", ["s"]), ("member", "availability_zone=x", "2.83", []),
        ("admin", "all_tenants=1&hostname=^s", "2.1", ["s"]), ("admin", "all_tenants=1&hostname=x", "2.1", []),
        ("member", "ip=.0.0", "2.1", ["s"]), ("member", "ip=^10", "2.1", []),
        ("member", "changes-since=2100-01-01T00:00:00Z&changes-before=2020-01-01T00:00:00Z", "2.66",
         (400, "The value of changes-since must be less than or equal to changes-before.")),
    ],
)  # fmt: skip
def test_servers_are_sifted_as_nova_34_sifts_them(nova, role, query, version, answer):
    status, told = nova.ask("GET", f"/servers?{query}", version=version, role=role)
    assert ((status, told) if status >= 400 else [one["name"] for one in told["servers"]]) == answer


def test_a_page_begins_after_a_server_that_the_filters_leave_out(nova):
    assert nova.ask("GET", f"/servers?marker={nova.id}&name=x", version="2.1") == (200, {"servers": []})
    assert nova.ask("GET", f"/servers/detail?marker={UUID}", version="2.1") == (400, f"marker [{UUID}] not found")


@pytest.mark.parametrize(
    ("method", "path", "body", "version", "answer"),
    [
        ("GET", "/os-aggregates/x", None, "2.1", (400, "Invalid input received: id must be an integer")),
        ("GET", "/os-aggregates/99999999999999999999", None, "2.1", (404, "Aggregate 99999999999999999999 could not be found.")),
        ("GET", "/os-aggregates/-1", None, "2.1", (404, "Aggregate -1 could not be found.")),
        ("GET", "/os-quota-sets/x", None, "2.1", (400, "Project ID x is not a valid project.")),
        ("GET", "/os-hypervisors/1", None, "2.53", (400, "Invalid uuid 1")),
        ("GET", "/os-keypairs?marker=x", None, "2.35", (400, "Marker x could not be found.")),
        ("PUT", "/os-services/x", {"status": "enabled"}, "2.53", (400, "Invalid uuid x")),
        ("PUT", "/os-services/disable-log-reason", {"host": "a", "binary": "nova-compute"}, "2.1", (400, "Missing disabled reason field")),
        ("POST", "/servers/{s}/action", {"resetNetwork": None}, "2.104",
         (410, "This resource is no longer available. No forwarding address is given.")),
        ("POST", "/flavors/1/os-extra_specs", {"extra_specs": {"hw:cpu_policy": "x"}}, "2.86",
         (400, "Validation failed; 'x' is not one of: dedicated, shared, mixed.")),
        ("POST", "/flavors/1/os-extra_specs", {"extra_specs": {"hw:x": "1"}}, "2.86",
         (400, "Validation failed; extra spec 'hw:x' does not appear to be a valid extra spec.")),
        ("POST", "/flavors/1/os-extra_specs", {"extra_specs": {"quota:cpu_limit": "-1"}}, "2.86",
         (400, "Validation failed; '-1' is less than the min value of '0'.")),
    ],
)  # fmt: skip
def test_an_operator_is_refused_as_nova_34_refuses(nova, method, path, body, version, answer):
    assert nova.ask(method, path, body, version, "admin") == answer


def test_a_refusal_names_its_characters_and_an_empty_answer_its_type(nova):
    ask = nova.callers["member"].compute.request
    assert ask(f"/servers/{UUID}", "GET", raise_exc=False).headers["content-type"] == "application/json; charset=UTF-8"
    made = ask(f"/servers/{nova.id}/tags/t", "PUT", microversion="2.26")
    assert (made.status_code, made.headers["content-type"]) == (201, "text/html; charset=UTF-8")


def test_the_disk_of_an_image_counts_in_a_page_of_volumes(nova):
    nova.set(block_devices=[{
        "id": UUID, "volume_id": UUID, "device": "/dev/vdb", "tag": None, "delete_on_termination": False,
        "attachment_id": UUID, "bdm_uuid": UUID,
    }])  # fmt: skip
    sizes = [
        len(nova.ask("GET", f"/servers/{{s}}/os-volume_attachments{query}", version="2.1")[1]["volumeAttachments"])
        for query in ("", "?limit=1", "?limit=2", "?offset=1")
    ]
    nova.set(block_devices=[])
    assert sizes == [1, 0, 1, 1]


@pytest.mark.parametrize(
    ("protocol", "kind", "said"),
    [
        ("vnc", "xvpvnc", "Invalid console type xvpvnc"), ("vnc", "serial", "Invalid console type serial"),
        ("mks", "webmks", "Unavailable console type webmks."),
        ("rdp", "rdp-html5", "The server could not comply with the request since it is either malformed or otherwise incorrect."),
    ],
)  # fmt: skip
def test_a_console_that_no_host_has_is_refused(nova, protocol, kind, said):
    asked = {"remote_console": {"protocol": protocol, "type": kind}}
    assert nova.ask("POST", "/servers/{s}/remote-consoles", asked, "2.99") == (400, said)


@pytest.mark.parametrize(
    ("protocol", "kind", "start"),
    [("vnc", "novnc", "http:"), ("spice", "spice-direct", "http:"), ("serial", "serial", "ws:")],
)
def test_each_console_is_seen_in_its_own_place(nova, protocol, kind, start):
    asked = {"remote_console": {"protocol": protocol, "type": kind}}
    status, told = nova.ask("POST", "/servers/{s}/remote-consoles", asked, "2.99")
    assert status == 200 and told["remote_console"]["url"].startswith(start) and "oken" in told["remote_console"]["url"]


def test_a_port_that_is_not_there_is_detached_without_a_word(nova):
    assert nova.ask("DELETE", f"/servers/{{s}}/os-interface/{UUID}") == (202, {})
