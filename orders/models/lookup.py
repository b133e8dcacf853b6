"""How often somebody tried to find an order by guessing."""

from django.db import models


class LookupTries(models.Model):
    """How often one thing was tried in one stretch of time; see `orders.lookup`.

    `what` is a fingerprint (of an address, a number, an e-mail): nobody can read from it who tried.
    """

    what = models.CharField(max_length=64)
    since = models.DateTimeField(db_index=True)
    tries = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["what", "since"], name="one_count_of_lookup_tries")
        ]

    def __str__(self) -> str:
        return f"{self.what}: {self.tries}"
