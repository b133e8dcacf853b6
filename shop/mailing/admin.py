"""The outbox in the admin: what was written to whom, what became of it, and "send again"."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import action, display

from shop.mailing.models import MailAttachment, OutgoingMail
from shop.mailing.services import MailError, send_again

COLOURS = {
    OutgoingMail.State.WAITING: "info",
    OutgoingMail.State.SENDING: "info",
    OutgoingMail.State.SENT: "success",
    OutgoingMail.State.FAILED: "danger",
}


class AttachmentInline(TabularInline):
    """Names of the files; what is in them is at the order."""

    model = MailAttachment
    fields = ("name", "mimetype")
    readonly_fields = fields
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: OutgoingMail | None = None) -> bool:
        """No file is added to a mail that is written."""
        return False


@admin.register(OutgoingMail)
class OutgoingMailAdmin(ModelAdmin):
    """Mails are written by the shop and never changed; they can be sent once more."""

    list_display = ("subject", "to", "state_shown", "attempts", "queued_at", "due_at", "sent_at")
    list_filter = ("state", "template", "storefront", "queued_at")
    list_select_related = ("storefront",)
    search_fields = ("=to", "=reference", "subject")
    date_hierarchy = "queued_at"
    show_full_result_count = False
    inlines = (AttachmentInline,)
    actions = ("send_chosen_again",)
    actions_submit_line = ("send_this_again",)
    fieldsets = (
        (None, {"fields": ("subject", "to", "sender", "storefront", "language", "text_shown")}),
        (
            gettext_lazy("What became of it"),
            {"fields": ("state", "attempts", "last_error", "queued_at", "due_at", "sent_at")},
        ),
        (gettext_lazy("For tracing"), {"fields": ("template", "message_id")}),
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        """The shop writes its mails itself."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: OutgoingMail | None = None) -> bool:
        """Old ones are deleted by `manage.py prune_outbox`."""
        return False

    def get_readonly_fields(
        self, request: HttpRequest, obj: OutgoingMail | None = None
    ) -> list[str]:
        """All of it."""
        return [*(field.name for field in OutgoingMail._meta.fields), "text_shown"]

    @display(description=gettext_lazy("Text"))  # type: ignore[untyped-decorator]
    def text_shown(self, mail: OutgoingMail) -> str:
        """What the reader reads, if that is no secret: a link that staff could follow as them."""
        if mail.is_secret:
            return _("This mail holds a link for its reader alone.")
        return format_html('<pre class="whitespace-pre-wrap">{}</pre>', mail.text)

    @display(description=gettext_lazy("State"), ordering="state", label=COLOURS)  # type: ignore[untyped-decorator]
    def state_shown(self, mail: OutgoingMail) -> tuple[str, str]:
        """The state with its colour."""
        return mail.state, mail.get_state_display()

    @admin.action(description=gettext_lazy("Send again"), permissions=["change"])
    def send_chosen_again(self, request: HttpRequest, queryset: QuerySet[OutgoingMail]) -> None:
        """Send the chosen mails again; those that are still on their way are left alone."""
        done = sum(self._again(request, mail) for mail in queryset)
        self.message_user(
            request,
            ngettext("%(n)s mail goes out again.", "%(n)s mails go out again.", done) % {"n": done},
            messages.SUCCESS if done else messages.WARNING,
        )

    @action(description=gettext_lazy("Send again"), permissions=["change"])  # type: ignore[untyped-decorator]
    def send_this_again(self, request: HttpRequest, mail: OutgoingMail) -> None:
        """Send the mail again whose page this is. A button of the form: no link can press it."""
        if self._again(request, mail):
            self.message_user(request, _("The mail goes out again."), messages.SUCCESS)

    def save_model(self, request: HttpRequest, obj: OutgoingMail, form: Any, change: bool) -> None:
        """Write nothing, not even what is there: a worker may be changing it. Press the button."""
        for pressed in self.get_actions_submit_line(request, obj.pk):
            if pressed.action_name in request.POST:
                pressed.method(request, obj)

    def log_change(self, request: HttpRequest, obj: OutgoingMail, message: Any) -> Any:
        """Only what was done: pressing "Save" does nothing."""
        return super().log_change(request, obj, message) if message else None

    def _again(self, request: HttpRequest, mail: OutgoingMail) -> bool:
        try:
            send_again(mail)
        except MailError as refusal:
            self.message_user(request, f"{mail}: {refusal}", messages.WARNING)
            return False
        self.log_change(request, mail, _("Sent again."))
        return True
