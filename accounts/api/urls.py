"""The addresses of sign-in and customers, below /auth/ and /store/."""

from django.urls import path

from accounts.api import auth, customers

urlpatterns = [
    path("auth/customer/emailpass/register", auth.Register.as_view()),
    path("auth/customer/emailpass", auth.LogIn.as_view()),
    path("auth/token/refresh", auth.Refresh.as_view()),
    path("auth/token/revoke", auth.Revoke.as_view()),
    path("store/customers", customers.Customers.as_view()),
    path("store/customers/me", customers.Me.as_view()),
    path("store/customers/me/addresses", customers.AddressBook.as_view()),
    path("store/customers/me/addresses/<str:id>", customers.OneAddress.as_view()),
]
