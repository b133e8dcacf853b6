
import shop.translated.fields
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('catalogue', '0004_variant_reserved'),
        ('storefronts', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='category',
            name='translations',
            field=models.JSONField(blank=True, default=dict, editable=False, verbose_name='translations'),
        ),
        migrations.AddField(
            model_name='option',
            name='translations',
            field=models.JSONField(blank=True, default=dict, editable=False, verbose_name='translations'),
        ),
        migrations.AddField(
            model_name='product',
            name='translations',
            field=models.JSONField(blank=True, default=dict, editable=False, verbose_name='translations'),
        ),
        migrations.AddField(
            model_name='productimage',
            name='translations',
            field=models.JSONField(blank=True, default=dict, editable=False, verbose_name='translations'),
        ),
        migrations.AddField(
            model_name='variant',
            name='translations',
            field=models.JSONField(blank=True, default=dict, editable=False, verbose_name='translations'),
        ),
        migrations.AddConstraint(
            model_name='category',
            constraint=models.CheckConstraint(condition=shop.translated.fields.IsObject('translations'), name='category_translations_by_language'),
        ),
        migrations.AddConstraint(
            model_name='option',
            constraint=models.CheckConstraint(condition=shop.translated.fields.IsObject('translations'), name='option_translations_by_language'),
        ),
        migrations.AddConstraint(
            model_name='product',
            constraint=models.CheckConstraint(condition=shop.translated.fields.IsObject('translations'), name='product_translations_by_language'),
        ),
        migrations.AddConstraint(
            model_name='productimage',
            constraint=models.CheckConstraint(condition=shop.translated.fields.IsObject('translations'), name='image_translations_by_language'),
        ),
        migrations.AddConstraint(
            model_name='variant',
            constraint=models.CheckConstraint(condition=shop.translated.fields.IsObject('translations'), name='variant_translations_by_language'),
        ),
    ]
