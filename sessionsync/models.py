"""Sessions, aliases and retired marks: what must survive an emptied Redis."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Session(models.Model):
    """What one token names: an open session, an alias of a greater one, or nothing any more.

    A token that was minted and never used has no row: it names an empty open session. `version`
    counts changes and makes saving compare-and-set; a row that is not open refuses every change.
    """

    class State(models.TextChoices):
        OPEN = "open", _("open")
        LINKED = "linked", _("linked")
        RETIRED = "retired", _("retired")

    key = models.CharField(
        _("key"),
        max_length=64,
        primary_key=True,
        help_text=_("The token's time and id, no secret."),
    )
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.OPEN)
    successor = models.CharField(
        _("alias of"),
        max_length=64,
        blank=True,
        db_index=True,
        help_text=_("The greater token this one was linked to."),
    )
    version = models.PositiveBigIntegerField(_("version"), default=0)
    data = models.TextField(_("data"), blank=True)
    principal = models.CharField(
        _("signed in as"),
        max_length=64,
        blank=True,
        db_index=True,
        help_text=_("Empty for a guest."),
    )
    signed_in_at = models.DateTimeField(_("signed in at"), null=True, blank=True)
    family = models.CharField(
        _("family"),
        max_length=64,
        db_index=True,
        help_text=_("A replacement's family is its predecessor's: one logout ends them all."),
    )
    replaces = models.CharField(
        _("takes over from"),
        max_length=64,
        blank=True,
        help_text=_("The token it replaces as soon as it is first presented."),
    )
    heir = models.CharField(
        _("made way for"),
        max_length=64,
        blank=True,
        help_text=_("The session that goes on in place of a retired one. It is no alias of it."),
    )
    heir_on = models.CharField(
        _("went on at"),
        max_length=100,
        blank=True,
        help_text=_("The sub-site whose cookies hold the session that this one made way for."),
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    used_at = models.DateTimeField(_("last used"), auto_now=True)

    class Meta:
        verbose_name = _("session")
        verbose_name_plural = _("sessions")
        constraints = [
            models.CheckConstraint(
                condition=(Q(state="linked") & ~Q(successor=""))
                | (~Q(state="linked") & Q(successor="")),
                name="sessionsync_linked_has_successor",
            ),
            models.CheckConstraint(
                condition=~Q(successor=models.F("key")), name="sessionsync_no_alias_of_itself"
            ),
            models.CheckConstraint(
                condition=(Q(principal="") & Q(signed_in_at=None))
                | (~Q(principal="") & Q(signed_in_at__isnull=False)),
                name="sessionsync_sign_in_has_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key.split('.')[0]} ({self.get_state_display()})"


class CarriedOut(models.Model):
    """A kept request that was carried out; commits together with its effect, so never twice."""

    flow = models.CharField(_("flow"), max_length=64, primary_key=True)
    challenge = models.CharField(max_length=64)
    location = models.CharField(_("led to"), max_length=2000, blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("request carried out")
        verbose_name_plural = _("requests carried out")

    def __str__(self) -> str:
        return self.flow
