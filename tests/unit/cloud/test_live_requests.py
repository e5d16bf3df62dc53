"""os-migrateLive at each microversion, and Nova's pre-checks with their words."""

import pytest

OLD = {"host": None, "block_migration": False, "disk_over_commit": False}
NEW = {"host": None, "block_migration": "auto"}


@pytest.mark.parametrize(("version", "body", "status"), [
    ("2.1", OLD, 202), ("2.24", OLD, 202), ("2.1", NEW, 400), ("2.24", {**OLD, "block_migration": "auto"}, 400),
    ("2.25", OLD, 400), ("2.25", NEW, 202), ("2.25", {**NEW, "force": False}, 400), ("2.30", {**NEW, "force": False}, 202),
    ("2.67", {**NEW, "host": "h2", "force": True}, 202), ("2.68", {**NEW, "force": False}, 400), ("2.68", NEW, 202),
    ("2.30", {**NEW, "force": True}, 400), ("2.30", {"host": None}, 400), ("2.25", {"block_migration": "auto"}, 400),
    ("2.25", {**NEW, "block_migration": "perhaps"}, 400), ("2.34", {**NEW, "host": "h9"}, 400), ("2.34", {**NEW, "host": 7}, 400),
    ("2.34", {**NEW, "kit:bandwidth": 10}, 400), ("2.34", {**NEW, "kit:max_downtime": 500}, 400), ("2.34", None, 400),
])  # fmt: skip
def test_bodies_by_microversion(lab, version, body, status):
    here = lab()
    before = here.held()
    answer = here.ask("POST", f"/servers/{here.ids['s']}/action", version, json={"os-migrateLive": body})
    assert answer.status_code == status, answer.text
    if status == 400:
        assert answer.json()["badRequest"]["message"] and here.held() == before
        assert here.server()["task_state"] is None


def test_who_may_not_and_what_cannot(lab):
    here = lab()
    path = f"/servers/{here.ids['s']}/action"
    assert here.ask("POST", "/servers/none/action", "2.34", json={"os-migrateLive": NEW}).status_code == 404
    here.ask("POST", path, json={"os-stop": None})
    here.go(5)
    refused = here.migrate()
    assert (
        refused.status_code == 409
        and "while it is in vm_state stopped" in refused.json()["conflictingRequest"]["message"]
    )
    here.ask("POST", path, json={"os-start": None})
    here.go(5)
    here.migrate()
    assert here.migrate().status_code == 409  # task_state migrating


def test_an_ordinary_user_may_not(lab, live_seed):
    whole = live_seed() | {"projects": [{"name": "p"}], "users": [{"name": "u", "project": "p"}]}
    whole["servers"][0] |= {"project": "p", "user": "u", "networks": []}
    del whole["servers"][0]["network"]
    whole["volumes"] = []
    here = lab(whole)
    user = here.cloud.connect("u", "p")
    answer = user.compute.post(f"/servers/{here.ids['s']}/action", json={"os-migrateLive": NEW}, microversion="2.34")
    assert answer.status_code == 403 and "os-migrate-server:migrate_live" in answer.text
    assert user.compute.get("/os-migrations", microversion="2.59").status_code == 403
    assert user.compute.get(f"/servers/{here.ids['s']}/migrations", microversion="2.59").status_code == 403


def with_host(whole, name, **fields):
    next(host for host in whole["hosts"] if host["name"] == name).update(fields)


def cpu(*features, model="Haswell"):
    return {"arch": "x86_64", "vendor": "Intel", "model": model, "features": list(features)}


def old_cpus(whole):
    for name in ("h2", "h3"):
        with_host(whole, name, cpu_info=cpu("aes", model="Nehalem"))
    with_host(whole, "h1", cpu_info=cpu("aes", "avx2"))


def local(whole):
    whole["live_migration"]["shared_storage"] = ""


def crowded(whole):
    # room for one guest by Placement's ratio, none by the formula of the forced path
    with_host(whole, "h2", memory_mb=2048, reserved_memory_mb=0)


PRECHECKS = [
    ("h1", "Unable to migrate instance ({id}) to current host (h1).", None),
    ("h2", "Compute service of h2 is unavailable at this time.", lambda w: with_host(w, "h2", forced_down=True)),
    ("h2", "Unable to migrate {id} to h2: Lack of memory(host:2048 <= instance:2048)", crowded),
    ("h2", "The supplied hypervisor type of is invalid.", lambda w: with_host(w, "h2", hypervisor_type="Xen")),
    ("h2", "The instance requires a newer hypervisor version than has been provided.",
     lambda w: with_host(w, "h2", hypervisor_version=6000000)),
    ("h2", "Unacceptable CPU info: CPU doesn't have compatibility.\n\n0\n\nRefer to http://libvirt.org", old_cpus),
    ("h2", "InvalidSharedStorage_Remote h1 is not on shared storage: Shared storage live-migration requires either", local),
]  # fmt: skip


@pytest.mark.parametrize(("host", "message", "change"), PRECHECKS, ids=[text[:40] for _, text, _ in PRECHECKS])
def test_a_forced_hosts_checks_are_novas(lab, live_seed, host, message, change):
    whole = live_seed()
    if change:
        change(whole)
    here = lab(whole)
    before, server = here.held(), here.server()
    body = {"host": host, "block_migration": False, "force": True}
    answer = here.ask("POST", f"/servers/{here.ids['s']}/action", "2.30", json={"os-migrateLive": body})
    assert answer.status_code == 400, answer.text
    assert message.format(id=here.ids["s"]) in answer.json()["badRequest"]["message"]
    record = here.record()
    assert record["status"] == "error" and here.held() == before
    after = here.server()
    assert (after["vm_state"], after["task_state"], after["host"]) == (server["vm_state"], None, "h1")
    action = here.ask("GET", f"/servers/{here.ids['s']}/os-instance-actions").json()["instanceActions"][0]
    assert (action["action"], action["message"]) == ("live-migration", "Error")


def test_what_the_checks_say_from_2_34_on_is_in_the_record_and_the_action(lab, live_seed):
    whole = live_seed()
    old_cpus(whole)
    here = lab(whole)
    assert here.migrate().status_code == 202
    assert here.record()["status"] == "accepted"
    here.go(2)
    assert here.record()["status"] == "error" and here.server()["task_state"] is None
    actions = f"/servers/{here.ids['s']}/os-instance-actions"
    request = here.ask("GET", actions).json()["instanceActions"][0]["request_id"]
    events = here.ask("GET", f"{actions}/{request}", "2.84").json()["instanceAction"]["events"]
    told = {event["event"]: event["details"] or "" for event in events if event["result"] == "Error"}
    assert "InvalidCPUInfo" in told["compute_check_can_live_migrate_destination"]
    assert "No valid host was found. There are not enough hosts available." in told["conductor_live_migrate_instance"]


def test_an_unforced_host_goes_through_the_scheduler(lab, live_seed):
    whole = live_seed()
    with_host(whole, "h2", disabled=True)
    here = lab(whole)
    assert here.migrate(version="2.30", host="h2").status_code == 400
    assert "No valid host was found." in here.migrate(version="2.30", host="h1").json()["badRequest"]["message"]
    assert here.migrate(version="2.30", host="h2", force=True).status_code == 202
    assert here.record()["dest_host"] == "h2"


def test_hosts_that_do_not_pass_are_stepped_over(lab, live_seed):
    whole = live_seed()
    with_host(whole, "h2", hypervisor_version=1, memory_mb=65536)  # the scheduler's first choice
    here = lab(whole)
    here.migrate(version="2.30")
    assert here.record()["dest_host"] == "h3"


def test_a_workaround_spares_the_cpus(lab, live_seed):
    whole = live_seed(skip_cpu_compare_on_dest=True)
    old_cpus(whole)
    here = lab(whole)
    assert here.migrate(version="2.30").status_code == 202


def test_guests_go_from_older_to_newer_models_only(lab, live_seed):
    whole = live_seed()
    old_cpus(whole)
    here = lab(whole)
    assert here.migrate(version="2.30").status_code == 400
    with_host(whole, "h3", cpu_info=cpu("aes", "avx2", "avx512f", model="Skylake-Server"))
    here = lab(whole)
    assert here.migrate(version="2.30").status_code == 202 and here.record()["dest_host"] == "h3"


@pytest.mark.parametrize(("block", "shared", "status"), [
    (True, "ceph", 400), (False, "ceph", 202), ("auto", "ceph", 202), (True, "", 202), (False, "", 400), ("auto", "", 202),
])  # fmt: skip
def test_block_migration_and_storage(lab, live_seed, block, shared, status):
    whole = live_seed()
    whole["live_migration"]["shared_storage"] = shared
    here = lab(whole)
    assert here.migrate(version="2.25", block_migration=block).status_code == status


def test_disks_are_weighed_until_2_24_only(lab, live_seed):
    whole = live_seed()
    whole["live_migration"] |= {"shared_storage": ""}
    for name in ("h2", "h3"):
        with_host(whole, name, live_migration={"nova_conf": {"reserved_host_disk_mb": 195 * 1024}})
    here = lab(whole)
    body = {"host": "h2", "block_migration": True, "disk_over_commit": False}
    answer = here.ask("POST", f"/servers/{here.ids['s']}/action", "2.24", json={"os-migrateLive": body})
    assert answer.status_code == 400 and "Disk of instance is too large(available on destination host:" in answer.text
    body["disk_over_commit"] = True  # what is allocated fits
    assert (
        here.ask("POST", f"/servers/{here.ids['s']}/action", "2.24", json={"os-migrateLive": body}).status_code == 202
    )
    here.go(300)
    assert here.record()["status"] == "completed"


def test_a_group_keeps_its_members_apart_also_by_force(lab, live_seed):
    whole = live_seed()
    whole["server_groups"] = [{"name": "g", "policy": "anti-affinity"}]
    one = {**whole["servers"][0], "server_group": "g"}
    whole["servers"] = [one, {**one, "name": "t", "host": "h2"}]
    here = lab(whole)
    forced = here.migrate(version="2.30", host="h2", force=True)
    assert forced.status_code == 400 and "Anti-affinity instance group policy was violated." in forced.text
    assert here.migrate(version="2.30", host="h2").status_code == 400
    here.migrate(version="2.30")
    assert here.record()["dest_host"] == "h3"


def test_a_workload_without_a_meaning_is_a_check_that_fails(lab):
    here = lab()
    meta = f"/servers/{here.ids['s']}/metadata"
    here.ask("POST", meta, json={"metadata": {"workload:writes_per_s": "many"}})
    refused = here.migrate(version="2.30")
    assert refused.status_code == 400 and "workload: writes_per_s is 'many'" in refused.text
    here.ask("POST", meta, json={"metadata": {"workload:writes_per_s": "10", "workload:working_set_mib": "1"}})
    assert here.migrate(version="2.30").status_code == 202
