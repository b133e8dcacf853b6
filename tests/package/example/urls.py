from django.contrib.auth.views import LoginView, LogoutView
from django.urls import include, path

from . import views

urlpatterns = [
    path("sessionsync/", include("sessionsync.urls")),
    path("login/", LoginView.as_view(template_name="example/login.html")),
    path("logout/", LogoutView.as_view()),
    path("write/", views.write),
    path("write-by-script/", views.write_by_script),
    path("", views.page),
]
