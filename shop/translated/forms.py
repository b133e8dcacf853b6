"""Forms of the admin in which staff write translations beside the originals."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.db import models
from django.utils.text import capfirst, format_lazy
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from .fields import merged, other_languages


def name_in(field: str, language: str) -> str:
    """What the form's field for a translation is called: title_zh_hans."""
    return f"{field}_{language.replace('-', '_')}"


def names_in(language: str, *fields: str) -> tuple[str, ...]:
    """What the form's fields for translations into one language are called."""
    return tuple(name_in(field, language) for field in fields)


def names_of(*fields: str) -> tuple[str, ...]:
    """What the form's fields for translations into all languages are called."""
    return tuple(name for each in other_languages() for name in names_in(each, *fields))


class TranslationsForm(forms.ModelForm):  # type: ignore[type-arg]
    """A form whose fields for translations are filled from the row, and written to it.

    `translated`: the fields of the model; `with_translations` makes the form's.
    """

    translated: tuple[str, ...] = ()
    instance: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for language, field, name in self.each_translation():
            said = self.instance.translations.get(language, {}).get(field)
            shown = self.shown_translation(field, said)
            self.initial.setdefault(name, shown)
            setattr(self.instance, name, shown or "")  # who may only read is shown the row's

    def each_translation(self) -> Iterator[tuple[str, str, str]]:
        """Language, field of the model, field of the form."""
        for language in other_languages():
            for field in self.translated:
                name = name_in(field, language)
                if name in self.fields:
                    yield language, field, name

    @classmethod
    def translation_field(cls, field: str, language: str) -> forms.Field:
        """The form's field for translations of a field into the language of that name."""
        original: Any = cls._meta.model._meta.get_field(field)
        long = isinstance(original, models.TextField | models.JSONField)
        made: forms.Field = original.formfield(
            required=False,
            initial=None,
            show_hidden_initial=False,
            label=format_lazy("{} ({})", capfirst(original.verbose_name), language),
            widget=UnfoldAdminTextareaWidget if long else UnfoldAdminTextInputWidget,
        )
        return made

    def shown_translation(self, field: str, said: Any) -> Any:
        """A translation as the form shows it."""
        return said

    def clean_translation(self, field: str, text: Any) -> Any:
        """A translation as it is stored. Raises ValidationError."""
        return text

    def clean(self) -> dict[str, Any]:
        """Put the translations into the row."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        said: dict[str, dict[str, Any]] = {}
        for language, field, name in self.each_translation():
            if name not in cleaned:
                continue
            try:
                text = self.clean_translation(field, cleaned[name])
            except forms.ValidationError as problem:
                self.add_error(name, problem)
            else:
                said.setdefault(language, {})[field] = text
        self.instance.translations = merged(self.instance.translations, said)
        return cleaned


def with_translations[F: TranslationsForm](form: type[F]) -> type[F]:
    """The form, a class, with a field for each of its `translated` ones in each other language."""
    fields: dict[str, Any] = {
        name_in(field, language): form.translation_field(field, spoken)
        for language, spoken in other_languages().items()
        for field in form.translated
    }
    made: type[F] = type(form)(form.__name__, (form,), {**fields, "__doc__": form.__doc__})  # type: ignore[misc]
    return made
