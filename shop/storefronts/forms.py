"""A storefront's form for staff, with its tagline in Chinese beside the original."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextInputWidget

from shop.translated.fields import merged

from .models import Storefront

CHINESE = "zh-hans"


class StorefrontForm(forms.ModelForm[Storefront]):
    """All fields of a storefront; the tagline's translation is a field, too."""

    tagline_zh_hans = forms.CharField(
        label=_("tagline in Chinese"),
        max_length=160,
        required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"lang": CHINESE}),
        help_text=_("Empty: the tagline is shown as it is."),
    )

    class Meta:
        model = Storefront
        fields = (
            *("name", "slug", "domain", "is_main", "tagline", "tagline_zh_hans", "theme"),
            *("language", "position"),
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        said = self.instance.translations.get(CHINESE, {})
        self.initial.setdefault("tagline_zh_hans", said.get("tagline", ""))

    def save(self, commit: bool = True) -> Storefront:
        """Save the storefront, with what its tagline says in Chinese."""
        said = {CHINESE: {"tagline": self.cleaned_data["tagline_zh_hans"]}}
        self.instance.translations = merged(self.instance.translations, said)
        return super().save(commit)
