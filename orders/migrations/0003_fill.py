"""Orders from before get an audit trail of their own and their money in the new columns."""

import uuid

from django.db import migrations
from django.db.models import F


def fill(apps, schema_editor):
    Order = apps.get_model('orders', 'Order')
    Order.objects.update(shipping_price=F('shipping_total'))
    for pk in Order.objects.filter(trail='').values_list('pk', flat=True).iterator():
        Order.objects.filter(pk=pk).update(trail=uuid.uuid4().hex)


class Migration(migrations.Migration):

    dependencies = [('orders', '0002_states_and_money')]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop, elidable=True)]
