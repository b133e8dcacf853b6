"""A worker as `manage.py db_worker` runs it, and mails for it."""

from typing import Any

from django.db import transaction
from django_tasks_db.management.commands.db_worker import Worker
from django_tasks_db.models import DBTaskResult

from shop.mailing.models import OutgoingMail
from shop.mailing.services import queue
from tests.factories import StorefrontFactory


def run_worker() -> None:
    """Do every task that is due, by the worker's own code.

    Its loop closes the database connection between tasks, which a test's transaction would not
    survive; so the loop is here.
    """
    worker = Worker(
        queue_names=["*"],
        interval=0,
        batch=True,
        backend_name="default",
        startup_delay=False,
        max_tasks=None,
        worker_id="test",
        excluded_queue_names=[],
    )
    while True:
        with transaction.atomic():
            task = DBTaskResult.objects.ready().get_locked()
            if task is None:
                return
            task.claim(worker.worker_id)
        worker.run_task(task)


def queue_one(**changed: Any) -> OutgoingMail:
    """A mail in the outbox."""
    given: dict[str, Any] = {
        "to": "ada@example.com",
        "template": "trial/hello",
        "context": {"name": "Ada"},
        "language": "en",
        "reference": "an-order",
        "site_url": "https://home.example",
    }
    given.update(changed)
    given.setdefault("storefront", StorefrontFactory(slug="home", name="Home"))
    return queue(**given)
