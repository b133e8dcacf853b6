"""The catalogue's addresses below /store/."""

from django.urls import path

from shop.window.api import views

urlpatterns = [
    path("regions", views.Regions.as_view()),
    path("regions/<str:id>", views.Region.as_view()),
    path("locales", views.Locales.as_view()),
    path("collections", views.Collections.as_view()),
    path("collections/<str:id>", views.Collection.as_view()),
    path("product-categories", views.Categories.as_view()),
    path("product-categories/<str:id>", views.OneCategory.as_view()),
    path("products", views.Products.as_view()),
    path("products/<str:id>", views.OneProduct.as_view()),
    path("product-variants/<str:id>", views.OneVariant.as_view()),
]
