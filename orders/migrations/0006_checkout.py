import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('carts', '0001_initial'),
        ('orders', '0005_site_url'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Checkout',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('first_name', models.CharField(max_length=150, verbose_name='first name')),
                ('last_name', models.CharField(max_length=150, verbose_name='last name')),
                ('company', models.CharField(blank=True, max_length=150, verbose_name='company')),
                ('address_1', models.CharField(max_length=200, verbose_name='address')),
                ('address_2', models.CharField(blank=True, max_length=200, verbose_name='apartment, floor')),
                ('city', models.CharField(max_length=120, verbose_name='city')),
                ('postal_code', models.CharField(blank=True, max_length=20, verbose_name='postal code')),
                ('province', models.CharField(blank=True, max_length=120, verbose_name='state or province')),
                ('country_code', models.CharField(max_length=2, verbose_name='country')),
                ('phone', models.CharField(blank=True, max_length=40, verbose_name='phone')),
                ('email', models.EmailField(blank=True, max_length=254, verbose_name='e-mail')),
                ('billing', models.JSONField(blank=True, default=dict, verbose_name='billing address')),
                ('shipping_method', models.CharField(blank=True, max_length=40, verbose_name='shipping method')),
                ('payment_method', models.CharField(blank=True, max_length=40, verbose_name='payment method')),
                ('updated_at', models.DateTimeField(auto_now=True, verbose_name='updated')),
                ('cart', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='checkout', to='carts.cart')),
                ('customer', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='customer')),
            ],
            options={
                'verbose_name': 'checkout',
                'verbose_name_plural': 'checkouts',
            },
        ),
    ]
