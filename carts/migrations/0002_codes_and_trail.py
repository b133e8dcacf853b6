"""Voucher codes and the audit trail of a cart."""

from django.db import migrations, models

import carts.models


def give_trails(apps, schema_editor):
    """Carts that exist already get a trail each: a default would give all of them the same."""
    Cart = apps.get_model("carts", "Cart")
    for cart in Cart.objects.filter(trail=None).iterator():
        cart.trail = carts.models.new_trail()
        cart.save(update_fields=["trail"])


class Migration(migrations.Migration):

    dependencies = [
        ("carts", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="cart",
            name="codes",
            field=models.JSONField(blank=True, default=list, verbose_name="voucher codes"),
        ),
        migrations.AddField(
            model_name="cart",
            name="trail",
            field=models.CharField(editable=False, max_length=32, null=True),
        ),
        migrations.RunPython(give_trails, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="cart",
            name="trail",
            field=models.CharField(
                default=carts.models.new_trail, editable=False, max_length=32, unique=True
            ),
        ),
    ]
