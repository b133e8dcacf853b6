"""What common options are called, where nobody has translated them."""

from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

OPTION_NAMES = {
    "color": _("Colour"),
    "colour": _("Colour"),
    "length": _("Length"),
    "material": _("Material"),
    "metal": _("Metal"),
    "size": _("Size"),
    "waist": _("Waist"),
}


def option_label(name: str) -> str:
    """An option's name as a heading, in the active language where it is a common one."""
    return str(OPTION_NAMES.get(name.lower()) or capfirst(name))
