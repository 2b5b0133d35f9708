"""One mailbox, one account, however its address is written."""

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from tests.factories import UserFactory
from tests.refusals import refused
from tests.users.test_login import PASSWORD, log_in
from users.email_address import canonical_address, validate_address
from users.models import AccessToken, User

IDA = "ida@xn--mller-kva.example"
SPELLINGS = [
    IDA,
    "ida@m\u00fcller.example",
    "ida@mu\u0308ller.example",
    "Ida@M\u00dcLLER.Example",
    "ida@XN--MLLER-KVA.example",
    "ida@m\u00fcller\u3002example",
    " ida@m\u00fcller.example\u200b",
    "ida@m\u00fcller.exam\u00adple\u00a0",
]


@pytest.mark.parametrize("address", SPELLINGS)
def test_an_address_has_one_form(address: str) -> None:
    assert canonical_address(address) == IDA


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("Jos\u00e9@Example.com", "jos\u00e9@example.com"),
        ("jose\u0301@example.com", "jos\u00e9@example.com"),
        ("ida@\u00fc_b.example", "ida@\u00fc_b.example"),
        ("a@b@\u00fc.example", "a@b@xn--tda.example"),
        ("no address", "no address"),
        ("ida@", "ida@"),
        ("", ""),
    ],
)
def test_what_is_no_such_address_is_only_folded(text: str, form: str) -> None:
    assert canonical_address(text) == form


@pytest.mark.parametrize("character", ["\x01", "\x0c", "\x1b", "\x1c", "\x7f"])
def test_an_address_has_no_control_characters_between_quotes_either(character: str) -> None:
    validate_address('"ida"@example.com')

    with pytest.raises(ValidationError, match="no control characters"):
        validate_address(f'"i{character}da"@example.com')


@given(st.text() | st.builds("{}@{}".format, st.text(), st.text()))
def test_the_form_of_a_form_is_itself(text: str) -> None:
    assert canonical_address(canonical_address(text)) == canonical_address(text)


@pytest.mark.parametrize("address", SPELLINGS)
def test_an_account_is_found_and_is_there_once(db: None, address: str) -> None:
    user = UserFactory.create(email="ida@m\u00fcller.example")

    assert user.email == IDA
    assert User.objects.get(email=address) == user
    assert User.objects.matching(address).get() == user
    with refused("users_user_email_key"):
        UserFactory.create(email=address)


@pytest.mark.parametrize("address", [SPELLINGS[3], SPELLINGS[-1]])
def test_staff_log_in_however_they_write_their_address(
    db: None, client: Client, address: str
) -> None:
    User.objects.create_superuser(IDA, PASSWORD)

    assert log_in(client, address, PASSWORD) == 302


def test_a_token_is_made_for_an_address_as_it_is_written(db: None) -> None:
    user = UserFactory.create(email=IDA)

    call_command("create_token", "ida@mu\u0308ller.example", "--every-organization")

    assert AccessToken.objects.get().user == user


@pytest.mark.parametrize("address", [SPELLINGS[3], SPELLINGS[-1]])
def test_a_form_takes_an_address_as_it_is_written(admin_client: Client, address: str) -> None:
    form = {"email": address, "full_name": "Ida", "usable_password": "false"}

    first = admin_client.post("/admin/users/user/add/", form)
    second = admin_client.post("/admin/users/user/add/", form)

    assert first.status_code == 302
    assert "There is an account with this e-mail address already." in second.content.decode()
    assert User.objects.filter(email=IDA).count() == 1
