"""The audit trail's rows. They are added and never changed: the database refuses the rest."""

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _


class Trail(models.Model):
    """How far a trail has come: the number and the hash of its last entry.

    Locked while an entry is added, so that writers to one trail take turns; and it tells when
    entries are missing at the end, which the chain itself cannot.
    """

    name = models.CharField(_("trail"), max_length=32, primary_key=True)
    length = models.PositiveIntegerField(_("entries"), default=0)
    head = models.CharField(_("last hash"), max_length=64, blank=True)

    class Meta:
        verbose_name = _("trail")
        verbose_name_plural = _("trails")

    def __str__(self) -> str:
        return self.name


class Entry(models.Model):
    """One thing that happened: who, how identified, where, and what changed.

    `trail` and `seq` say where it belongs, `prev_hash` and `hash` chain it to the one before.
    Accounts are bare ids, so that an account can go and the entry stay as it was written.
    """

    trail = models.CharField(_("trail"), max_length=32)
    seq = models.PositiveIntegerField(_("number"))
    at = models.DateTimeField(_("when"), db_index=True)
    action = models.CharField(_("action"), max_length=60, db_index=True)
    kind = models.CharField(_("who"), max_length=10)
    how = models.CharField(_("identified by"), max_length=20)
    channel = models.CharField(_("channel"), max_length=10)
    customer_id = models.BigIntegerField(_("account"), null=True, db_index=True)
    storefront = models.CharField(_("storefront"), max_length=50, blank=True)
    session = models.CharField(_("session"), max_length=64, blank=True, db_index=True)
    request_id = models.CharField(_("request"), max_length=64, blank=True, db_index=True)
    facts = models.JSONField(_("facts"), default=dict)
    prev_hash = models.CharField(_("hash before"), max_length=64, blank=True)
    hash = models.CharField(_("hash"), max_length=64)

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit trail")
        ordering = ("trail", "seq")
        constraints = [
            models.UniqueConstraint(fields=["trail", "seq"], name="one_entry_of_a_number")
        ]

    def __str__(self) -> str:
        return f"{self.seq}. {self.action}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Add it; one that is there already stays as it is."""
        super().save(*args, **{**kwargs, "force_insert": True})


class Cause(models.Model):
    """Why the transaction that made this row changes what the database itself keeps a ledger of.

    Gone before the transaction ends (`causes.because`), and so seen by nobody else.
    """

    what = models.CharField(max_length=20)
    reference = models.CharField(max_length=64, blank=True)
    reason = models.CharField(max_length=200, blank=True)
    kind = models.CharField(max_length=10)
    customer_id = models.BigIntegerField(null=True)
    request_id = models.CharField(max_length=64, blank=True)

    def __str__(self) -> str:
        return self.what
