from django.db import migrations

ROLES = ("Owner", "Merchandiser", "Support")


def make_groups(apps, schema_editor):
    """The groups; what they may do is given once Django has made the permissions."""
    for name in ROLES:
        apps.get_model("auth", "Group").objects.get_or_create(name=name)


class Migration(migrations.Migration):
    dependencies = [("auth", "0012_alter_user_first_name_max_length")]

    operations = [migrations.RunPython(make_groups, migrations.RunPython.noop)]
