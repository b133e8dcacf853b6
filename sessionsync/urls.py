"""Mount at /sessionsync/ on every site of the network."""

from django.urls import path

from sessionsync import views

app_name = "sessionsync"
urlpatterns = [
    path("generate_auth_code/", views.generate_auth_code, name="generate_auth_code"),
    path("consume_auth_code/", views.consume_auth_code, name="consume_auth_code"),
    path("adopt/", views.adopt, name="adopt"),
    path("heal/", views.heal, name="heal"),
    path("resume/", views.resume, name="resume"),
]
