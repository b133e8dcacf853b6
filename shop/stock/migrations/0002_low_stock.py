import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('catalogue', '0004_variant_reserved'),
        ('stock', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='LowStockMark',
            fields=[
                ('variant', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='low_stock_mark', serialize=False, to='catalogue.variant', verbose_name='variant')),
                ('low_at', models.PositiveIntegerField(verbose_name='low at')),
            ],
            options={
                'verbose_name': 'low stock mark',
                'verbose_name_plural': 'low stock marks',
            },
        ),
        migrations.CreateModel(
            name='VariantStock',
            fields=[
            ],
            options={
                'verbose_name': 'stock',
                'verbose_name_plural': 'stock',
                'proxy': True,
                'indexes': [],
                'constraints': [],
            },
            bases=('catalogue.variant',),
        ),
        migrations.AlterField(
            model_name='stockmovement',
            name='variant',
            field=models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='movements', to='catalogue.variant', verbose_name='variant'),
        ),
        migrations.AddConstraint(
            model_name='stockmovement',
            constraint=models.CheckConstraint(condition=models.Q(('variant__isnull', False)), name='movement_of_a_variant'),
        ),
    ]
