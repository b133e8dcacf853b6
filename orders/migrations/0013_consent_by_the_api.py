from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('orders', '0012_cancelled_items'),
    ]

    operations = [
        migrations.AddField(
            model_name='checkout',
            name='consent_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='agreed to the terms'),
        ),
    ]
