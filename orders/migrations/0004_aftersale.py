import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.math
import django.utils.timezone
import carts.models
import orders.models.shipping
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('carts', '0002_codes_and_trail'),
        ('orders', '0003_fill'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='BillingAddress',
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
            ],
            options={
                'verbose_name': 'billing address',
                'verbose_name_plural': 'billing addresses',
            },
        ),
        migrations.CreateModel(
            name='Fulfilment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('carrier', models.CharField(blank=True, max_length=80, verbose_name='carrier')),
                ('tracking_number', models.CharField(blank=True, max_length=100, verbose_name='tracking number')),
                ('tracking_url', models.URLField(blank=True, max_length=500, verbose_name='tracking address')),
                ('sent_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='sent')),
            ],
            options={
                'verbose_name': 'fulfilment',
                'verbose_name_plural': 'fulfilments',
                'ordering': ('sent_at', 'pk'),
            },
        ),
        migrations.CreateModel(
            name='FulfilmentLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('quantity', models.PositiveSmallIntegerField(verbose_name='quantity')),
            ],
            options={
                'verbose_name': 'line of a fulfilment',
                'verbose_name_plural': 'lines of a fulfilment',
                'ordering': ('pk',),
            },
        ),
        migrations.CreateModel(
            name='Invoice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('invoice', 'Invoice'), ('credit_note', 'Credit note')], default='invoice', max_length=20, verbose_name='kind')),
                ('number', models.CharField(max_length=20, unique=True, verbose_name='number')),
                ('amount', models.DecimalField(decimal_places=2, max_digits=14, verbose_name='amount')),
                ('issued_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='issued')),
            ],
            options={
                'verbose_name': 'invoice',
                'verbose_name_plural': 'invoices',
                'ordering': ('issued_at', 'pk'),
            },
        ),
        migrations.CreateModel(
            name='OrderDiscount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('promotion_id', models.BigIntegerField(blank=True, editable=False, null=True)),
                ('code', models.CharField(blank=True, max_length=64, verbose_name='voucher code')),
                ('name', models.CharField(max_length=200, verbose_name='name')),
                ('amount', models.DecimalField(decimal_places=2, max_digits=14, verbose_name='amount')),
            ],
            options={
                'verbose_name': 'discount',
                'verbose_name_plural': 'discounts',
                'ordering': ('pk',),
            },
        ),
        migrations.CreateModel(
            name='OrderTax',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('rate', models.DecimalField(decimal_places=4, max_digits=7, verbose_name='rate')),
                ('name', models.CharField(max_length=80, verbose_name='name')),
                ('base', models.DecimalField(decimal_places=2, max_digits=14, verbose_name='on')),
                ('amount', models.DecimalField(decimal_places=2, max_digits=14, verbose_name='amount')),
            ],
            options={
                'verbose_name': 'tax',
                'verbose_name_plural': 'taxes',
                'ordering': ('pk',),
            },
        ),
        migrations.CreateModel(
            name='Return',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('status', models.CharField(choices=[('requested', 'Announced'), ('received', 'Received'), ('refused', 'Refused')], default='requested', max_length=20, verbose_name='status')),
                ('reason', models.CharField(blank=True, max_length=200, verbose_name='reason')),
                ('note', models.TextField(blank=True, verbose_name='note')),
                ('requested_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='announced')),
                ('received_at', models.DateTimeField(blank=True, null=True, verbose_name='received')),
            ],
            options={
                'verbose_name': 'return',
                'verbose_name_plural': 'returns',
                'ordering': ('requested_at', 'pk'),
            },
        ),
        migrations.CreateModel(
            name='ReturnLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('quantity', models.PositiveSmallIntegerField(verbose_name='quantity')),
                ('restocked', models.PositiveSmallIntegerField(default=0, verbose_name='put back on sale')),
            ],
            options={
                'verbose_name': 'line of a return',
                'verbose_name_plural': 'lines of a return',
                'ordering': ('pk',),
            },
        ),
        migrations.CreateModel(
            name='ShippingRate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('countries', models.JSONField(blank=True, default=list, help_text='ISO codes in lower case: ["de", "fr"]; empty: wherever the method goes.', validators=[orders.models.shipping.validate_country_codes], verbose_name='countries')),
                ('min_weight_grams', models.PositiveIntegerField(default=0, verbose_name='from, in grams')),
                ('min_total', models.DecimalField(decimal_places=2, default=Decimal('0.00'), max_digits=12, verbose_name='from a total of')),
                ('price', models.DecimalField(decimal_places=2, max_digits=12, verbose_name='price')),
            ],
            options={
                'verbose_name': 'shipping rate',
                'verbose_name_plural': 'shipping rates',
                'ordering': ('method', 'min_total', 'min_weight_grams', 'pk'),
            },
        ),
        migrations.AddField(
            model_name='order',
            name='cancel_reason',
            field=models.CharField(blank=True, choices=[('expired', 'It was not paid in time'), ('abandoned', 'The shopper went back to the cart'), ('staff', 'Cancelled by the shop'), ('requested', "Cancelled at the customer's request")], max_length=20, verbose_name='why cancelled'),
        ),
        migrations.AddField(
            model_name='order',
            name='cancelled_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='cancelled'),
        ),
        migrations.AddField(
            model_name='order',
            name='cart',
            field=models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='orders', to='carts.cart', verbose_name='cart'),
        ),
        migrations.AddField(
            model_name='order',
            name='company',
            field=models.CharField(blank=True, max_length=150, verbose_name='company'),
        ),
        migrations.AddField(
            model_name='order',
            name='consent_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='agreed to the terms'),
        ),
        migrations.AddField(
            model_name='order',
            name='discount_total',
            field=models.DecimalField(decimal_places=2, default=Decimal('0.00'), max_digits=14, verbose_name='discounts'),
        ),
        migrations.AddField(
            model_name='order',
            name='expires_at',
            field=models.DateTimeField(blank=True, help_text='Set while the goods are held for a payment that has not come yet.', null=True, verbose_name='to be paid until'),
        ),
        migrations.AddField(
            model_name='order',
            name='fulfilment_status',
            field=models.CharField(choices=[('unfulfilled', 'Not sent yet'), ('partial', 'Partly sent'), ('fulfilled', 'Sent'), ('returned', 'Came back')], default='unfulfilled', max_length=20, verbose_name='fulfilment'),
        ),
        migrations.AddField(
            model_name='order',
            name='payment_status',
            field=models.CharField(choices=[('awaiting', 'Not paid yet'), ('authorized', 'Authorised'), ('paid', 'Paid'), ('partially_refunded', 'Partly refunded'), ('refunded', 'Refunded'), ('failed', 'Payment failed'), ('cancelled', 'Payment cancelled')], default='awaiting', max_length=20, verbose_name='payment'),
        ),
        migrations.AddField(
            model_name='order',
            name='refunded_total',
            field=models.DecimalField(decimal_places=2, default=Decimal('0.00'), max_digits=14, verbose_name='refunded'),
        ),
        migrations.AddField(
            model_name='order',
            name='shipping_method',
            field=models.CharField(blank=True, max_length=40, verbose_name='shipping method'),
        ),
        migrations.AddField(
            model_name='order',
            name='tax_included',
            field=models.BooleanField(default=True, verbose_name='tax is in the prices'),
        ),
        migrations.AddField(
            model_name='order',
            name='tax_total',
            field=models.DecimalField(decimal_places=2, default=Decimal('0.00'), max_digits=14, verbose_name='tax'),
        ),
        migrations.AddField(
            model_name='orderline',
            name='compare_at',
            field=models.DecimalField(blank=True, decimal_places=2, max_digits=12, null=True, verbose_name='price before the sale'),
        ),
        migrations.AddField(
            model_name='orderline',
            name='discount_total',
            field=models.DecimalField(decimal_places=2, default=Decimal('0.00'), max_digits=14, verbose_name='discounts'),
        ),
        migrations.AddField(
            model_name='orderline',
            name='fulfilled_quantity',
            field=models.PositiveSmallIntegerField(default=0, verbose_name='sent'),
        ),
        migrations.AddField(
            model_name='orderline',
            name='returned_quantity',
            field=models.PositiveSmallIntegerField(default=0, verbose_name='came back'),
        ),
        migrations.AddField(
            model_name='orderline',
            name='tax',
            field=models.DecimalField(decimal_places=2, default=Decimal('0.00'), max_digits=14, verbose_name='tax'),
        ),
        migrations.AddField(
            model_name='orderline',
            name='tax_rate',
            field=models.DecimalField(decimal_places=4, default=0, max_digits=7, verbose_name='tax rate'),
        ),
        migrations.AddField(
            model_name='shippingmethod',
            name='max_weight_grams',
            field=models.PositiveIntegerField(blank=True, help_text='Empty: any weight.', null=True, verbose_name='takes at most, in grams'),
        ),
        migrations.AddField(
            model_name='shippingmethod',
            name='tax_class',
            field=models.CharField(blank=True, help_text="Empty: the shop's default class.", max_length=40, verbose_name='tax class'),
        ),
        migrations.AlterField(
            model_name='order',
            name='payment_method',
            field=models.CharField(choices=[('on-delivery', 'Pay on delivery'), ('bank-transfer', 'Bank transfer'), ('sandbox', 'Sandbox Pay'), ('stripe', 'Card')], max_length=40, verbose_name='payment method'),
        ),
        migrations.AlterField(
            model_name='order',
            name='placed_at',
            field=models.DateTimeField(default=django.utils.timezone.now, verbose_name='placed'),
        ),
        migrations.AlterField(
            model_name='order',
            name='status',
            field=models.CharField(choices=[('pending', 'Waiting for payment'), ('placed', 'Placed'), ('fulfilled', 'Fulfilled'), ('cancelled', 'Cancelled'), ('returned', 'Returned')], default='placed', max_length=20, verbose_name='status'),
        ),
        migrations.AlterField(
            model_name='order',
            name='trail',
            field=models.CharField(default=carts.models.new_trail, editable=False, max_length=32, unique=True),
        ),
        migrations.AddIndex(
            model_name='order',
            index=models.Index(condition=models.Q(('status', 'pending')), fields=['expires_at'], name='order_pending_expiry'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(models.Q(('tax_included', True)), ('total', django.db.models.functions.math.Round(django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('items_subtotal'), '+', models.F('shipping_price')), '-', models.F('discount_total')), 2))), models.Q(models.Q(('tax_included', False)), ('total', django.db.models.functions.math.Round(django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('items_subtotal'), '+', models.F('shipping_price')), '-', models.F('discount_total')), '+', models.F('tax_total')), 2))), _connector='OR'), name='order_adds_up'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(('discount_total__gte', 0), ('tax_total__gte', 0), ('total__gte', 0), ('shipping_total__gte', 0), ('shipping_total__lte', models.F('shipping_price'))), name='order_money_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(('refunded_total__gte', 0), ('refunded_total__lte', models.F('total'))), name='order_refund_within_total'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('expires_at__isnull', False), ('status', 'pending')), models.Q(('status', 'pending'), _negated=True), _connector='OR'), name='order_pending_expires'),
        ),
        migrations.AddConstraint(
            model_name='orderline',
            constraint=models.CheckConstraint(condition=models.Q(('discount_total__gte', 0), ('tax__gte', 0), ('total', django.db.models.functions.math.Round(django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('unit_price'), '*', models.F('quantity')), '-', models.F('discount_total')), 2)), ('total__gte', 0)), name='order_line_adds_up'),
        ),
        migrations.AddConstraint(
            model_name='orderline',
            constraint=models.CheckConstraint(condition=models.Q(('fulfilled_quantity__lte', models.F('quantity')), ('returned_quantity__lte', models.F('fulfilled_quantity'))), name='order_line_sent_before_returned'),
        ),
        migrations.AddField(
            model_name='billingaddress',
            name='order',
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='billing_address', to='orders.order'),
        ),
        migrations.AddField(
            model_name='fulfilment',
            name='order',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='fulfilments', to='orders.order'),
        ),
        migrations.AddField(
            model_name='fulfilmentline',
            name='fulfilment',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='lines', to='orders.fulfilment'),
        ),
        migrations.AddField(
            model_name='fulfilmentline',
            name='line',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='fulfilment_lines', to='orders.orderline'),
        ),
        migrations.AddField(
            model_name='invoice',
            name='order',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='invoices', to='orders.order'),
        ),
        migrations.AddField(
            model_name='orderdiscount',
            name='order',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='discounts', to='orders.order'),
        ),
        migrations.AddField(
            model_name='ordertax',
            name='order',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='taxes', to='orders.order'),
        ),
        migrations.AddField(
            model_name='return',
            name='order',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='returns', to='orders.order'),
        ),
        migrations.AddField(
            model_name='returnline',
            name='line',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='return_lines', to='orders.orderline'),
        ),
        migrations.AddField(
            model_name='returnline',
            name='return_of',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='lines', to='orders.return'),
        ),
        migrations.AddField(
            model_name='shippingrate',
            name='method',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='rates', to='orders.shippingmethod', verbose_name='shipping method'),
        ),
        migrations.AddConstraint(
            model_name='fulfilmentline',
            constraint=models.UniqueConstraint(fields=('fulfilment', 'line'), name='one_fulfilment_line_of_a_line'),
        ),
        migrations.AddConstraint(
            model_name='fulfilmentline',
            constraint=models.CheckConstraint(condition=models.Q(('quantity__gte', 1)), name='fulfilment_quantity_positive'),
        ),
        migrations.AddConstraint(
            model_name='invoice',
            constraint=models.UniqueConstraint(condition=models.Q(('kind', 'invoice')), fields=('order',), name='one_invoice_of_an_order'),
        ),
        migrations.AddConstraint(
            model_name='invoice',
            constraint=models.CheckConstraint(condition=models.Q(('amount__gte', 0)), name='invoice_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='orderdiscount',
            constraint=models.CheckConstraint(condition=models.Q(('amount__gt', 0)), name='order_discount_positive'),
        ),
        migrations.AddConstraint(
            model_name='ordertax',
            constraint=models.CheckConstraint(condition=models.Q(('amount__gte', 0), ('base__gte', 0), ('rate__gte', 0)), name='order_tax_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='returnline',
            constraint=models.UniqueConstraint(fields=('return_of', 'line'), name='one_return_line_of_a_line'),
        ),
        migrations.AddConstraint(
            model_name='returnline',
            constraint=models.CheckConstraint(condition=models.Q(('quantity__gte', 1), ('restocked__lte', models.F('quantity'))), name='return_quantity_positive'),
        ),
        migrations.AddConstraint(
            model_name='shippingrate',
            constraint=models.CheckConstraint(condition=models.Q(('price__gte', Decimal('0')), ('min_total__gte', Decimal('0'))), name='shipping_rate_not_negative'),
        ),
    ]
