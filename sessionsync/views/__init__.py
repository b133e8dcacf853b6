"""The protocol's addresses. Each is a thin layer of HTTP over `sessionsync.protocol`."""

from sessionsync.views.adopt import adopt
from sessionsync.views.consume import consume_auth_code
from sessionsync.views.generate import generate_auth_code
from sessionsync.views.heal import heal
from sessionsync.views.resume import resume

__all__ = ["adopt", "consume_auth_code", "generate_auth_code", "heal", "resume"]
