"""Background work: a promise is given up when it is over."""

from django.tasks import task

from shop.audit.actors import system
from shop.stock import services
from shop.stock.models import Reservation


@task
def give_up(reference: str) -> None:
    """Give a promise up if it is over; look again when it is, where it was extended."""
    if services.expire(reference, by=system("give_up")):
        return
    row = Reservation.objects.filter(reference=reference, state=Reservation.State.OPEN).first()
    if row:
        give_up.using(run_after=row.until).enqueue(reference)
