from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('catalogue', '0006_search_by_language'),
    ]

    operations = [
        migrations.CreateModel(
            name='ListChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('category_id', models.BigIntegerField()),
                ('at', models.DateTimeField()),
            ],
            options={
                'indexes': [models.Index(fields=['category_id', 'id'], name='list_changes')],
            },
        ),
        migrations.CreateModel(
            name='Tally',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('storefront_id', models.BigIntegerField()),
                ('category_id', models.BigIntegerField()),
                ('total', models.PositiveIntegerField(default=0)),
                ('version', models.CharField(blank=True, max_length=80)),
                ('counted_at', models.DateTimeField()),
                ('details', models.JSONField(default=dict)),
                ('details_version', models.CharField(blank=True, max_length=80)),
                ('detailed_at', models.DateTimeField(null=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('storefront_id', 'category_id'), name='one_tally_of_a_category')],
            },
        ),
    ]
