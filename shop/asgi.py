"""The ASGI entry point; production settings unless told otherwise."""

import os

import django

from shop.ops.handlers import ShopASGIHandler

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings.production")

django.setup(set_prefix=False)
application = ShopASGIHandler()
