"""What happens at the same moment as a deletion of what is old, on real connections."""

from datetime import timedelta

import pytest
from django.utils import timezone

from organizations.handover.closing import State
from organizations.models import OffboardingTask
from organizations.retention.offboarding_tasks import delete_closed_tasks
from tests.concurrency import result_after
from tests.factories import OffboardingTaskFactory
from tests.organizations.handover.verbs import change

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_task_that_is_opened_meanwhile_stays_and_the_others_go() -> None:
    long_ago = timezone.now() - timedelta(days=400)
    opened, _ = OffboardingTaskFactory.create_batch(2, state=State.DONE, closed_at=long_ago)

    deleted = result_after(
        lambda: change(opened, State.OPEN),
        lambda: delete_closed_tasks(kept_from=timezone.now() - timedelta(days=365)),
    )

    assert deleted == 1
    assert OffboardingTask.objects.get() == opened
