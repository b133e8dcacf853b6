from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('orders', '0004_aftersale'),
    ]

    operations = [
        migrations.AddField(
            model_name='order',
            name='site_url',
            field=models.CharField(blank=True, editable=False, help_text='Scheme and host of the site it was placed on, for links in its mails.', max_length=300),
        ),
        migrations.AlterField(
            model_name='order',
            name='cancel_reason',
            field=models.CharField(blank=True, choices=[('expired', 'It was not paid in time'), ('abandoned', 'The shopper went back to the cart'), ('sold-out', 'It was paid after its time, and the goods were gone'), ('staff', 'Cancelled by the shop'), ('requested', "Cancelled at the customer's request")], max_length=20, verbose_name='why cancelled'),
        ),
    ]
