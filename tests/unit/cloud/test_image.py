"""Images and their data."""

import pytest
from openstack import exceptions


def test_data_goes_up_and_comes_down(admin):
    image = admin.image.create_image(name="i", disk_format="raw", container_format="bare", data=b"abc" * 1000)
    image = admin.image.get_image(image)
    assert image.size == 3000 and image.status == "active"
    assert admin.image.download_image(image).content == b"abc" * 1000


def test_a_large_image_is_kept_in_parts(admin):
    data = bytes(9 * 2**20)
    image = admin.image.create_image(
        name="big", disk_format="raw", container_format="bare", data=data, validate_checksum=False
    )
    assert admin.image.get(f"/images/{image.id}/file").content == data


def test_a_range_gives_a_part(admin):
    image = admin.image.create_image(name="i", disk_format="raw", container_format="bare", data=b"0123456789")
    answer = admin.image.get(f"/images/{image.id}/file", headers={"Range": "bytes=2-4"})
    assert (answer.status_code, answer.content) == (206, b"234")


def test_a_member_makes_nothing_public(demo):
    with pytest.raises(exceptions.ForbiddenException):
        demo.image.create_image(name="i", disk_format="raw", container_format="bare", visibility="public", data=b"x")


def test_a_shared_image_is_seen_once_accepted(cloud, demo):
    image = demo.image.create_image(
        name="s", disk_format="raw", container_format="bare", visibility="shared", data=b"x"
    )
    other = cloud.connect("alt_demo", "alt_demo")
    demo.image.add_member(image, member_id=other.current_project_id)
    assert "s" not in [found.name for found in other.image.images()]
    other.image.update_member(other.current_project_id, image, status="accepted")
    assert "s" in [found.name for found in other.image.images()]


def test_a_protected_image_stays(admin):
    image = admin.image.create_image(name="p", disk_format="raw", container_format="bare", is_protected=True, data=b"x")
    with pytest.raises(exceptions.ForbiddenException, match="protected"):
        admin.image.delete_image(image)
