from django.db import migrations, models


class Migration(migrations.Migration):
    """Stock that is promised. A generated column cannot be altered: it is made anew."""

    dependencies = [
        ('catalogue', '0003_product_file'),
    ]

    operations = [
        migrations.AddField(
            model_name='variant',
            name='reserved',
            field=models.PositiveIntegerField(default=0, editable=False, help_text='Promised to orders that are not settled yet; still in stock.', verbose_name='reserved'),
        ),
        migrations.RemoveIndex(
            model_name='variant',
            name='variant_cheapest',
        ),
        migrations.RemoveField(
            model_name='variant',
            name='available',
        ),
        migrations.AddField(
            model_name='variant',
            name='available',
            field=models.GeneratedField(db_persist=True, expression=models.ExpressionWrapper(models.Q(('tracks_stock', False), ('allows_backorder', True), ('stock__gt', models.F('reserved')), _connector='OR'), output_field=models.BooleanField()), output_field=models.BooleanField()),
        ),
        migrations.AddIndex(
            model_name='variant',
            index=models.Index(models.F('product'), models.OrderBy(models.F('available'), descending=True), models.F('price'), name='variant_cheapest'),
        ),
        migrations.AddConstraint(
            model_name='variant',
            constraint=models.CheckConstraint(condition=models.Q(('reserved__lte', models.F('stock')), ('allows_backorder', True), ('tracks_stock', False), _connector='OR'), name='no_more_reserved_than_in_stock', violation_error_message='More than that is promised to orders being paid now.'),
        ),
    ]
