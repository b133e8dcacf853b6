from django.db import migrations, models

import orders.models


def fill(apps, schema_editor):
    """Random for every order, also for old ones: an id that was the web's key opened its page."""
    Order = apps.get_model('orders', 'Order')
    for pk in Order.objects.filter(public_id=None).values_list('pk', flat=True).iterator():
        Order.objects.filter(pk=pk).update(public_id=orders.models.new_token())


class Migration(migrations.Migration):

    dependencies = [
        ('orders', '0013_consent_by_the_api'),
    ]

    operations = [
        migrations.AddField(
            model_name='order',
            name='public_id',
            field=models.CharField(editable=False, max_length=32, null=True),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AlterField(
            model_name='order',
            name='public_id',
            field=models.CharField(default=orders.models.new_token, editable=False, max_length=32, unique=True),
        ),
    ]
