"""How form fields look on the shop's pages."""

from django import forms


class ShopLooks(forms.Form):
    """Puts the shop's classes on every field; a label says what a placeholder would."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        for field in self.fields.values():
            widget = field.widget
            widget.attrs.pop("placeholder", None)
            if not isinstance(widget, forms.CheckboxInput | forms.HiddenInput | forms.RadioSelect):
                widget.attrs["class"] = "input"
