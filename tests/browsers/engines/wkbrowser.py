#!/usr/bin/python3
"""A small browser around WebKitGTK for WebKitWebDriver, with tracking prevention on.

MiniBrowser throws its profile away and cannot refuse the cookies of one site alone: this one keeps
its profile in $HOME and refuses those of the origins in $GALLERIA_REFUSES, by a content
blocker's rule as Safari's extensions do. Runs under the system's Python, which has the bindings.
"""

import json
import os
import re

import gi

gi.require_version("Gtk", "3.0")
gi.require_version("WebKit2", "4.1")
from gi.repository import Gio, GLib, Gtk, WebKit2  # noqa: E402

FOLDER = os.environ["HOME"]


def make_context() -> WebKit2.WebContext:
    manager = WebKit2.WebsiteDataManager(
        base_data_directory=f"{FOLDER}/data", base_cache_directory=f"{FOLDER}/cache"
    )
    manager.set_itp_enabled(True)
    manager.set_tls_errors_policy(WebKit2.TLSErrorsPolicy.IGNORE)
    context = WebKit2.WebContext(website_data_manager=manager)
    cookies = manager.get_cookie_manager()
    cookies.set_persistent_storage(
        f"{FOLDER}/cookies.sqlite", WebKit2.CookiePersistentStorage.SQLITE
    )
    cookies.set_accept_policy(WebKit2.CookieAcceptPolicy.NO_THIRD_PARTY)
    return context


def make_content_manager() -> WebKit2.UserContentManager:
    """With a rule for each origin whose cookies are refused."""
    content = WebKit2.UserContentManager()
    rules = [
        {"trigger": {"url-filter": f"^{re.escape(origin)}/"}, "action": {"type": "block-cookies"}}
        for origin in os.environ["GALLERIA_REFUSES"].split()
    ]
    if rules:
        loop = GLib.MainLoop()

        def saved(store: WebKit2.UserContentFilterStore, result: Gio.AsyncResult) -> None:
            content.add_filter(store.save_finish(result))
            loop.quit()

        store = WebKit2.UserContentFilterStore.new(f"{FOLDER}/filters")
        store.save("refuse", GLib.Bytes.new(json.dumps(rules).encode()), None, saved)
        loop.run()
    return content


def main() -> None:
    context, content = make_context(), make_content_manager()

    def create(_session: WebKit2.AutomationSession) -> WebKit2.WebView:
        view = WebKit2.WebView(
            web_context=context, user_content_manager=content, is_controlled_by_automation=True
        )
        window = Gtk.Window()
        window.set_default_size(1000, 700)
        window.add(view)
        window.show_all()
        view.grab_focus()
        return view

    def started(_context: WebKit2.WebContext, session: WebKit2.AutomationSession) -> None:
        about = WebKit2.ApplicationInfo()
        about.set_name("MiniBrowser")
        session.set_application_info(about)
        session.connect("create-web-view", create)

    context.set_automation_allowed(True)
    context.connect("automation-started", started)
    Gtk.main()


main()
