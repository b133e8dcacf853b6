"""Fields that hold a text in the shop's own language, and where its translations are.

    class Product(TranslatedModel):
        title = TranslatedCharField(max_length=255)
        original_title: str

`product.title` is what the visit's language says, where there is a translation; else the original,
which is in settings.LANGUAGE_CODE. All that stores or compares deals with the original, whatever
language is active: `filter(title=…)`, `Product(title=…)`, `product.title = …`, forms, and
`product.original_title`.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce, NullIf
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    _CharField = models.CharField[str, str]
    _TextField = models.TextField[str, str]
else:
    _CharField, _TextField = models.CharField, models.TextField

type Translations = dict[str, dict[str, Any]]
"""By language, then by field; what is not translated is not there."""


def other_languages() -> dict[str, str]:
    """The languages that texts are translated into, with their names."""
    return {code: name for code, name in settings.LANGUAGES if code != settings.LANGUAGE_CODE}


def tidy(translations: Mapping[str, Mapping[str, Any]]) -> Translations:
    """The translations that say something; no empty text, no empty language."""
    kept = {
        language: {name: text for name, text in texts.items() if _says_something(text)}
        for language, texts in translations.items()
    }
    return {language: texts for language, texts in kept.items() if texts}


def _says_something(text: Any) -> bool:
    return any(text) if isinstance(text, list) else bool(text)


def merged(before: Translations, said: Mapping[str, Mapping[str, Any]]) -> Translations:
    """`before` with what is said now: an empty text takes a translation away."""
    languages = [*before, *(language for language in said if language not in before)]
    return tidy({each: {**before.get(each, {}), **said.get(each, {})} for each in languages})


def in_language(field: str, language: str) -> models.expressions.Combinable:
    """The expression for a text as visitors of this language see it, for queries."""
    if language == settings.LANGUAGE_CODE:
        return models.F(field)
    texts = KeyTextTransform(field, KeyTextTransform(language, "translations"))
    found = NullIf(texts, models.Value(""))
    return Coalesce(found, models.F(field), output_field=models.TextField())


def stored(row: models.Model, field: str) -> Any:
    """What the database holds in a field, whatever language is active."""
    return row._meta.get_field(field).value_from_object(row)  # type: ignore[union-attr]


class TranslatedModel(models.Model):
    """A row whose texts have translations. `translations`: {"zh-hans": {"title": "…"}}."""

    translations = models.JSONField(_("translations"), default=dict, blank=True, editable=False)

    class Meta:
        abstract = True

    @property
    def said(self) -> dict[str, Any]:
        """What is translated into the active language, by field."""
        language = get_language()
        if language == settings.LANGUAGE_CODE:
            return {}
        found: dict[str, Any] = self.translations.get(language, {})
        return found

    def text(self, name: str) -> Any:
        """The text of a field in the active language, else the original."""
        said = self.said
        return said[name] if said.get(name) else getattr(self, f"original_{name}")


class IsObject(models.Func):
    """Whether a JSON value is an object."""

    output_field = models.BooleanField()
    template = "json_type(%(expressions)s) = 'object'"

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """The same in PostgreSQL's words."""
        template = "jsonb_typeof(%(expressions)s) = 'object'"
        return self.as_sql(compiler, connection, template=template, **context)


def translations_constraint(model: str) -> models.CheckConstraint:
    """What each model with translations needs; `model` makes the constraint's name."""
    return models.CheckConstraint(
        condition=IsObject("translations"), name=f"{model}_translations_by_language"
    )


class _TranslatedField:
    """Lets the model's attribute of the field's name be the text in the active language.

    To Django the field is stored in the attribute `original_<name>`, as a foreign key is in
    `<name>_id`; that is why saving, forms and queries never meet a translation. The column and the
    migrations know the plain field only.
    """

    name: str

    def get_attname(self) -> str:
        return f"original_{self.name}"

    def get_attname_column(self) -> tuple[str, str]:
        return self.get_attname(), self.name

    def contribute_to_class(
        self, cls: type[models.Model], name: str, private_only: bool = False
    ) -> None:
        super().contribute_to_class(cls, name, private_only)  # type: ignore[misc]
        if not issubclass(cls, TranslatedModel):
            return

        def shown(row: TranslatedModel) -> Any:
            return row.text(name)

        def store(row: TranslatedModel, value: Any) -> None:
            setattr(row, f"original_{name}", value)

        setattr(cls, name, property(shown, store))

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        name, _path, args, kwargs = super().deconstruct()  # type: ignore[misc]
        plain = next(each for each in type(self).__mro__ if each.__module__.startswith("django."))
        return name, f"django.db.models.{plain.__name__}", args, kwargs


class TranslatedCharField(_TranslatedField, _CharField):
    """One line of text."""


class TranslatedTextField(_TranslatedField, _TextField):
    """Text of any length."""


class TranslatedJSONField(_TranslatedField, models.JSONField):
    """Facts or a list, translated as a whole."""
