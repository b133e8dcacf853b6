"""How staff enter the admin: by its own page, through the same door as everybody else.

So attempts are counted, a second factor that somebody has is asked for, and the sign-in is one of
the account's, to be seen and ended in its list. Staff need no confirmed address here: an operator
made them. With settings.STAFF_SECOND_FACTOR the admin is closed to those without a second factor.
"""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.app_settings import EmailVerificationMethod
from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login
from django.conf import settings
from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.contrib.auth.views import LoginView
from django.core.paginator import InvalidPage
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from unfold.forms import AuthenticationForm
from unfold.sites import UnfoldAdminSite

from accounts import queries
from accounts.staff_lists import OnlyOwnFilters


class StaffLoginForm(AuthenticationForm):
    """E-mail address and password; wrong ones are counted, by account and by sender."""

    def clean(self) -> dict[str, Any]:
        """Find the account. Raises ValidationError for a wrong password, and for too many."""
        email = str(self.cleaned_data.get("username", "")).strip().lower()
        password = self.cleaned_data.get("password")
        if email and password:
            user = get_adapter().authenticate(self.request, email=email, password=password)
            if user is None:
                raise self.get_invalid_login_error()
            self.confirm_login_allowed(user)
            self.user_cache = user
        return dict(self.cleaned_data)


class StaffLoginView(LoginView):
    """The admin's sign-in page."""

    form_class = StaffLoginForm

    def form_valid(self, form: Any) -> HttpResponse:
        """Sign in, or go on to the second factor first, and then to the admin."""
        user = form.get_user()
        login = Login(
            user=user,
            email_verification=EmailVerificationMethod.NONE,
            redirect_url=self.get_success_url(),
        )
        response: HttpResponse = perform_password_login(self.request, {"email": user.email}, login)
        return response


class StaffSite(UnfoldAdminSite):
    """The admin."""

    def register(
        self, model_or_iterable: Any, admin_class: type[Any] | None = None, **options: Any
    ) -> None:
        """Take in the class, ours or a package's, with lists that answer to their own filters."""
        base = admin_class or ModelAdmin
        namespace = {"__module__": base.__module__, "__doc__": base.__doc__}
        guarded = type(base.__name__, (OnlyOwnFilters, base), namespace)
        super().register(model_or_iterable, guarded, **options)

    @method_decorator(never_cache)
    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """Ask who it is; send those who lack a second factor to where they can set one up."""
        onward = LoginView().get_redirect_url(request) or reverse("admin:index")
        if request.method == "GET" and self.has_permission(request):
            return HttpResponseRedirect(onward)
        if super().has_permission(request) and lacks_second_factor(request):
            messages.warning(
                request, _("The admin is open to those only who have turned this on. Please do.")
            )
            return HttpResponseRedirect(reverse("mfa_index"))
        context = {
            **self.each_context(request),
            "title": _("Log in"),
            "subtitle": None,
            "app_path": request.get_full_path(),
            "username": request.user.get_username(),
            "next": onward,
            **(extra_context or {}),
        }
        request.current_app = self.name
        page = StaffLoginView.as_view(extra_context=context, template_name="admin/login.html")
        return page(request)

    def search(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Find a page of the admin. Raises Http404 for a `page` of the answers that is none."""
        try:
            found: HttpResponse = super().search(request, extra_context)
        except (InvalidPage, ValueError) as error:
            raise Http404 from error
        return found

    def has_permission(self, request: HttpRequest) -> bool:
        """Whether they may see the admin at all."""
        return bool(super().has_permission(request)) and not lacks_second_factor(request)


def lacks_second_factor(request: HttpRequest) -> bool:
    """Whether a second factor is asked of this member of staff, who has none."""
    if not settings.STAFF_SECOND_FACTOR:
        return False
    known: bool | None = getattr(request, "_has_second_factor", None)
    if known is None:
        known = queries.has_second_factor(request.user)  # type: ignore[arg-type]
        request._has_second_factor = known  # type: ignore[attr-defined]
    return not known
