"""No page takes files or long forms; they are refused before they are read."""

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import Settings

from organizations.models import Membership

PAGES = ["/admin/login/", "/admin/organizations/membership/", "/admin/password_change/"]
BOUNDARY = "multipart/form-data; boundary=x"
FORM = "application/x-www-form-urlencoded"


class Body(BytesIO):
    """A body that notes how much of it was read."""

    taken = 0

    def read(self, size: int | None = -1) -> bytes:
        found = super().read(size)
        self.taken += len(found)
        return found


def nameless(length: int) -> bytes:
    """Return a multipart form of this length whose one part belongs to no field."""
    return b"--x\r\nContent-Type: text/plain\r\n\r\n".ljust(length - 9, b"a") + b"\r\n--x--\r\n"


LONG = [(nameless(300_000), BOUNDARY), (b"a=" + b"b" * 300_000, FORM)]


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize(("content", "kind"), LONG)
def test_a_long_form_is_refused_before_it_is_read(
    admin_client: Client, page: str, content: bytes, kind: str
) -> None:
    stranger = Client(enforce_csrf_checks=True)
    stranger.get("/admin/login/")  # which gives the cookie that a form is compared with
    for client in (admin_client, stranger):
        body = Body(content)
        sent: Any = {"wsgi.input": body, "CONTENT_LENGTH": str(len(content)), "CONTENT_TYPE": kind}
        response = client.post(page, **sent)

        assert response.status_code == 413
        assert "No form here is that long" in response.content.decode()
        assert body.taken == 0


@pytest.mark.parametrize("page", PAGES)
def test_a_file_is_refused_and_not_written(
    admin_client: Client, settings: Settings, tmp_path: Path, page: str
) -> None:
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path)
    for size in (1, 200_000):
        file = SimpleUploadedFile("leavers.csv", b"x" * size)

        response = admin_client.post(page, {"username": "a", "file": file})

        assert response.status_code == 400
        assert "No page here takes files" in response.content.decode()
    assert list(tmp_path.iterdir()) == []


def test_a_multipart_form_without_files_is_taken_as_any(
    admin_client: Client, owner: Membership
) -> None:
    selected = {"action": "removal", "_selected_action": str(owner.pk)}

    response = admin_client.post("/admin/organizations/membership/", selected)

    assert response.status_code == 302
    assert "/removal/" in response["Location"]
