"""The roles may do their work after `migrate`, in a new database and in an upgraded one."""

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command

from shop.staff.roles import MERCHANDISER, OWNER, SUPPORT, permissions_of

pytestmark = pytest.mark.django_db


def names(group: str) -> set[str]:
    rows = Permission.objects.filter(group__name=group)
    return {".".join(row) for row in rows.values_list("content_type__app_label", "codename")}


def test_a_new_database_has_roles_with_permissions() -> None:
    # Given
    Group.objects.all().delete()
    Permission.objects.all().delete()

    # When
    call_command("migrate", verbosity=0)

    # Then
    assert Permission.objects.count() > 300
    assert Group.objects.get(name=OWNER).permissions.count() == Permission.objects.count()
    assert "catalogue.change_product" in names(MERCHANDISER)
    assert "pricing.add_promotion" in names(MERCHANDISER)
    assert "orders.view_order" not in names(MERCHANDISER)
    assert {"orders.view_order", "orders.refund_order", "auditing.close_anomaly"} <= names(SUPPORT)
    assert "catalogue.change_product" not in names(SUPPORT)


def test_an_upgrade_sets_the_roles_anew_and_leaves_other_groups_alone() -> None:
    # Given a role that lost one permission and was given another, and a group of the shop's own
    support = Group.objects.get(name=SUPPORT)
    delete_product = Permission.objects.get(codename="delete_product")
    support.permissions.set([delete_product])
    own = Group.objects.create(name="Photographers")
    own.permissions.add(delete_product)
    Permission.objects.filter(content_type__app_label="sandbox_pay").delete()

    # When
    call_command("migrate", verbosity=0)

    # Then
    assert set(support.permissions.all()) == set(permissions_of(SUPPORT))
    assert support.permissions.count() > 50
    assert Group.objects.get(name=OWNER).permissions.count() == Permission.objects.count()
    assert list(own.permissions.all()) == [delete_product]
