"""Room for what an order now says of its payment, its goods and its money."""

from decimal import Decimal
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('carts', '0001_initial'),
        ('orders', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint('order', 'order_adds_up'),
        migrations.RemoveConstraint('orderline', 'order_line_adds_up'),
        migrations.RenameField('order', 'items_total', 'items_subtotal'),
        migrations.RenameField('order', 'shipping_method', 'shipping_method_name'),
        migrations.AddField('order', 'shipping_price', models.DecimalField(decimal_places=2, default=Decimal('0.00'), max_digits=14, verbose_name='shipping before discounts'), preserve_default=False),
        migrations.AddField('order', 'trail', models.CharField(default='', editable=False, max_length=32), preserve_default=False),
    ]
