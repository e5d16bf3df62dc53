"""Nova's workflow, roll-backs and checks."""

import pytest

from kit.errors import KitError
from kit.migration import CpuMatrix, Host, Instance, compare_cpu, failure, memory_check, prechecks, workflow
from kit.migration.cpu import flags_of
from kit.migration.memory import free_mib
from kit.migration.workflow import (
    ABORTED,
    DRIVER_ERROR,
    ENDS,
    POSTCOPY_CUT,
    STATUSES,
    left_behind,
    made_before,
)

FLAGS = frozenset({"sse4_2", "avx"})
A = Host("a", FLAGS, shared_storage="ceph")
B = Host("b", FLAGS, shared_storage="ceph")


@pytest.mark.parametrize("era", ["kilo", "now"])
def test_every_step_has_its_failure(era: str) -> None:
    for step in workflow(era):
        assert failure(step.name, era).at == step.name
        assert str(step) and str(failure(step.name, era))


@pytest.mark.parametrize("era", ["kilo", "now"])
def test_a_failure_while_the_guest_is_at_the_source_leaves_nothing_behind(era: str) -> None:
    for step in workflow(era):
        if failure(step.name, era).host == "source" and failure(step.name, era).vm_state == "ACTIVE":
            assert not left_behind(step.name, era), step.name


def test_after_the_switch_nothing_is_rolled_back() -> None:
    for name in ("clean source", "finish"):
        assert failure(name).host == "destination" and failure(name).undone == ()


def test_an_exception_of_the_driver_leaves_the_instance_in_error() -> None:
    assert DRIVER_ERROR.vm_state == "ERROR" and DRIVER_ERROR.undone == ()
    assert ABORTED.migration == ("cancelled",) and set(ABORTED.undone) >= set(made_before("copy"))


def test_statuses_go_forward() -> None:
    order = [step.status for step in workflow() if step.status]
    places = [STATUSES.index(status) for status in order]
    assert places == sorted(places) and order[-1] in ENDS


def test_kilo_has_no_migration_record() -> None:
    assert not any(step.status for step in workflow("kilo"))


def test_an_unknown_step_or_era_is_refused() -> None:
    with pytest.raises(KitError):
        workflow("diablo")
    with pytest.raises(KitError):
        failure("bind ports", "kilo")


def test_the_blogs_case_passes_though_only_one_is_free() -> None:
    found = memory_check("mitaka", 4, 4, free=1, ratio=2)
    assert found.passes and found.available_mib == 5
    assert repr(found) == "4 x 2 - (4 - 1) = 5 > 4: passes"


def test_an_equal_value_fails_until_placement() -> None:
    assert not memory_check("mitaka", 5, 4, free=1, ratio=2).passes
    assert not memory_check("kilo", 512, 4096, free=512).passes
    assert memory_check("placement", 3584, 4096, reserved_mib=512).passes


def test_kilo_ignores_the_ratio_and_a_negative_reservation_helps() -> None:
    assert not memory_check("kilo", 1024, 4096, ratio=16, reserved_mib=512, used_mib=3072).passes
    assert free_mib(4096, 3072, -4096) == 5120
    assert memory_check("kilo", 1024, 4096, reserved_mib=-4096, used_mib=3072).passes


def test_today_a_negative_reservation_is_refused() -> None:
    with pytest.raises(KitError):
        memory_check("placement", 1, 1, reserved_mib=-1)


def test_the_source_must_be_a_subset() -> None:
    assert compare_cpu({"a"}, {"a", "b"}).code == 2
    assert compare_cpu({"a"}, {"a"}).code == 1
    found = compare_cpu({"a", "b"}, {"a"})
    assert (found.code, found.missing, found.error) == (0, ("b",), "InvalidCPUInfo")


def test_a_matrix_tells_who_can_go_where() -> None:
    matrix = CpuMatrix({"old": ["sse"], "mid": ["sse", "avx"], "new": ["sse", "avx", "avx2"]})
    assert matrix.destinations("old") == ["mid", "new"] and matrix.destinations("new") == []
    assert matrix.order() == ["old", "mid", "new"] and matrix.common == {"sse"}
    assert "yes" in repr(matrix)


def test_two_good_hosts_pass() -> None:
    assert prechecks(Instance(), A, B).passes


@pytest.mark.parametrize(("error", "given"), [
    ("InstanceInvalidState", {"instance": Instance(vm_state="stopped")}),
    ("ComputeServiceUnavailable", {"destination": Host("b", FLAGS, up=False, shared_storage="ceph")}),
    ("UnableToMigrateToSelf", {"destination": A}),
    ("MigrationPreCheckError", {"destination": Host("b", FLAGS, cell="cell2", shared_storage="ceph")}),
    ("InvalidHypervisorType", {"destination": Host("b", FLAGS, hypervisor="Xen", shared_storage="ceph")}),
    ("DestinationHypervisorTooOld", {"destination": Host("b", FLAGS, hypervisor_version=1, shared_storage="ceph")}),
    ("InvalidCPUInfo", {"destination": Host("b", frozenset({"avx"}), shared_storage="ceph")}),
    ("InvalidLocalStorage", {"block_migration": True}),
    ("InvalidSharedStorage", {"destination": Host("b", FLAGS), "block_migration": False}),
    ("MigrationPreCheckError", {"destination": Host("b", FLAGS, free_disk_gib=1)}),
    ("NoValidHost", {"instance": Instance(memory_mib=99_999)}),
    ("MigrationPreCheckError", {"instance": Instance(memory_mib=99_999), "era": "kilo", "forced": True}),
])  # fmt: skip
def test_each_check_has_novas_error(error: str, given: dict) -> None:
    wanted = {"instance": Instance(), "source": A, "destination": B} | given
    found = prechecks(**wanted)
    assert not found.passes and found.error == error, repr(found)
    assert found.message and found.to_dict()["error"] == error


def test_a_volume_backed_instance_needs_no_shared_storage() -> None:
    assert prechecks(Instance(volume_backed=True), A, Host("b", FLAGS), block_migration=False).passes


def test_without_kvm_cpus_are_not_compared() -> None:
    assert prechecks(Instance(), A, Host("b", frozenset(), virt_type="qemu", shared_storage="ceph")).passes


def test_a_newer_model_of_the_family_takes_older_guests() -> None:
    def info(model: str, *features: str) -> dict:
        return {"arch": "x86_64", "vendor": "Intel", "model": model, "features": list(features)}

    haswell, skylake = flags_of(info("Haswell", "aes")), flags_of(info("Skylake-Server", "aes", "avx512f"))
    assert compare_cpu(haswell, skylake).code == 2 and compare_cpu(skylake, haswell).code == 0
    assert compare_cpu(haswell, flags_of({**info("EPYC", "aes"), "vendor": "AMD"})).code == 0
    assert compare_cpu(flags_of(info("custom")), flags_of(info("custom"))).code == 1
    assert "virCPUCompareResult" in compare_cpu(skylake, haswell).message


@pytest.mark.parametrize(("error", "words", "given"), [
    ("UnableToMigrateToSelf", "Unable to migrate instance (u) to current host (a).", {"destination": A}),
    ("ComputeServiceUnavailable", "Compute service of a is unavailable at this time.", {"source": Host("a", up=False)}),
    ("MigrationPreCheckError", "Lack of memory(host:512 <= instance:1024)",
     {"destination": Host("b", FLAGS, memory_mib=1024, reserved_mib=512), "forced": True, "era": "mitaka"}),
    ("MigrationPreCheckError", "Anti-affinity instance group policy was violated.",
     {"instance": Instance(uuid="u", away_from=frozenset({"b"}))}),
    ("MigrationPreCheckError", "Affinity instance group policy was violated.",
     {"instance": Instance(uuid="u", together_with=frozenset({"a"}))}),
    ("InvalidCPUInfo", "Migration pre-check error: Unacceptable CPU info:", {"destination": Host("b", shared_storage="ceph")}),
    ("InvalidLocalStorage", "Block migration can not be used with shared storage.", {"block_migration": True}),
    ("MigrationPreCheckError", "Disk of instance is too large(available on destination host:1073741824 < need:10737418240)",
     {"destination": Host("b", FLAGS, free_disk_gib=1)}),
])  # fmt: skip
def test_the_words_are_novas(error: str, words: str, given: dict) -> None:
    found = prechecks(**({"instance": Instance(uuid="u"), "source": A, "destination": B} | given))
    assert found.error == error and words in found.message, repr(found)


def test_what_is_not_checked() -> None:
    small, older = Host("b", FLAGS, free_disk_gib=1), Host("b", hypervisor_version=1, shared_storage="ceph")
    assert prechecks(Instance(), A, small, disk_over_commit=None).passes  # from 2.25 on
    assert prechecks(Instance(), A, older, compare_cpus=False, compare_versions=False).passes


def test_the_rollback_of_post_copy_and_of_what_follows_the_switch() -> None:
    assert POSTCOPY_CUT.vm_state == "ERROR" and set(POSTCOPY_CUT.undone) >= set(made_before("copy"))
    for step in ("clean source", "finish"):
        assert (failure(step).vm_state, failure(step).migration) == ("ERROR", ("error",))
    assert failure("start", "kilo").vm_state == "ACTIVE" and "task_state" in failure("start", "kilo").how
