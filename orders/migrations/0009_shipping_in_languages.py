import shop.translated.fields
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('orders', '0008_worth_of_returns'),
    ]

    operations = [
        migrations.AddField(
            model_name='shippingmethod',
            name='translations',
            field=models.JSONField(blank=True, default=dict, editable=False, verbose_name='translations'),
        ),
        migrations.AddConstraint(
            model_name='shippingmethod',
            constraint=models.CheckConstraint(condition=shop.translated.fields.IsObject('translations'), name='shipping_method_translations_by_language'),
        ),
    ]
