"""How far a grading is."""

from tests.integration.web_routes import MEMBERS

ROUTES = {
    ("GET", "live.events"): MEMBERS.or_else(404),  # nothing was ever graded
    ("GET", "live.now_and_then"): MEMBERS.or_else(404),
}
