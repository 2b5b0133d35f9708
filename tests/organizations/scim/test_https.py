"""A directory is not answered over plain HTTP, nor led away from it."""

from django.test import Client, override_settings

from tests.organizations.scim.caller import Directory


def test_over_plain_http_a_directory_is_refused_and_over_https_it_is_not(
    directory: Directory,
) -> None:
    path = f"/scim/v2/organizations/{directory.connection.organization_id}/Users"
    headers = {"Authorization": f"Bearer {directory.token}"}

    with override_settings(SECURE_SSL_REDIRECT=True):
        refused = Client(headers=headers).get(path)
        answered = Client(headers=headers).get(path, secure=True)

    assert (refused.status_code, refused.json()["status"]) == (403, "403")
    assert refused["Content-Type"] == "application/scim+json"
    assert answered.status_code == 200
