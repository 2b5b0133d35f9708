"""Whose an address is, in any order of changes and erasures, against a model."""

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.factories import UserFactory
from users.erasure.plan import Addresses
from users.erasure.service import erase_account
from users.models import FormerAddress, User

ADDRESSES = [f"{name}@example.com" for name in "abcde"]

changes = st.lists(st.tuples(st.integers(0, 2), st.sampled_from(ADDRESSES)), max_size=15)


@pytest.mark.django_db
@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(before=changes, after=changes, erased=st.integers(0, 2))
def test_an_address_is_whose_who_had_it_last(
    before: list[tuple[int, str]], after: list[tuple[int, str]], erased: int
) -> None:
    with transaction.atomic():
        users = UserFactory.create_batch(3)
        present = dict(enumerate(user.email for user in users))
        history = [(user.email, number) for number, user in enumerate(users)]

        def change(number: int, address: str) -> None:
            if number in present and address not in present.values():
                User.objects.filter(pk=users[number].pk).update(email=address)
                present[number] = address
                history.append((address, number))

        def check() -> None:
            last = dict(history)
            for number, address in present.items():
                user = User.objects.get(pk=users[number].pk)
                had = {each for each, holder in history if holder == number} - {address}
                addresses = Addresses.of(user)
                assert addresses.present == address
                assert set(addresses.former) == {each for each in had if last[each] == number}
                assert set(addresses.passed_on) == {each for each in had if last[each] != number}

        for number, address in before:
            change(number, address)
        check()

        erase_account(users[erased].pk, actor=None)
        del present[erased]
        history[:] = [(each, holder) for each, holder in history if holder != erased]
        assert not FormerAddress.objects.of(users[erased]).exists()
        check()

        for number, address in after:
            change(number, address)
        check()
        transaction.set_rollback(True)
