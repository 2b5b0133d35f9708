"""What takes from staff what they may do, while a page of theirs waits."""

from users.models import User


def leaves_the_staff(staff: User) -> None:
    User.objects.filter(pk=staff.pk).update(is_staff=False)


def is_disabled(staff: User) -> None:
    User.objects.filter(pk=staff.pk).update(is_active=False)


def loses_the_permissions(staff: User) -> None:
    staff.user_permissions.clear()
