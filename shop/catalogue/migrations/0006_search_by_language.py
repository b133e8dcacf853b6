import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """A search document for each language; all are derived anew when `migrate` ends."""

    dependencies = [
        ('catalogue', '0005_translations'),
    ]

    operations = [
        migrations.AddField(
            model_name='facetvalue',
            name='labels',
            field=models.JSONField(default=dict),
        ),
        migrations.DeleteModel(
            name='SearchDocument',
        ),
        migrations.CreateModel(
            name='SearchDocument',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('language', models.CharField(blank=True, max_length=12)),
                ('vector', django.contrib.postgres.search.SearchVectorField()),
                ('product', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='documents', to='catalogue.product')),
            ],
            options={
                'indexes': [django.contrib.postgres.indexes.GinIndex(fields=['vector'], name='search_vector')],
                'constraints': [models.UniqueConstraint(fields=('product', 'language'), name='one_search_document_of_a_language')],
            },
        ),
    ]
