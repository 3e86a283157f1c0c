"""Names that a lab's program may use: what a misspelt one probably means, and where it is imported from."""

from __future__ import annotations

import builtins
import sys

FLASK_NAMES = (
    "Flask", "render_template", "render_template_string", "request", "redirect", "url_for", "jsonify", "session",
    "make_response", "abort", "flash", "get_flashed_messages", "send_file", "send_from_directory",
    "Blueprint", "Response", "Request", "g", "current_app", "has_request_context", "stream_with_context",
    "after_this_request",
)  # fmt: skip
FLASK_PARAMETERS = (
    "import_name", "static_url_path", "static_folder", "static_host", "host_matching", "subdomain_matching",
    "template_folder", "instance_path", "instance_relative_config", "root_path",
)  # fmt: skip
APP_METHODS = (
    "run", "route", "get", "post", "put", "delete", "patch", "add_url_rule", "register_blueprint", "errorhandler",
    "before_request", "after_request", "teardown_request", "config", "secret_key", "debug", "template_folder",
    "static_folder", "static_url_path", "jinja_env", "logger", "context_processor", "test_client", "url_map",
)  # fmt: skip
RUN_PARAMETERS = ("host", "port", "debug", "use_reloader", "threaded", "load_dotenv", "ssl_context", "processes")
MODULE_MEMBERS = {
    "flask": FLASK_NAMES,
    "random": ("randint", "random", "choice", "choices", "randrange", "uniform", "shuffle", "sample", "seed", "Random"),
    "datetime": ("datetime", "date", "time", "timedelta", "timezone"),
    "time": ("time", "sleep", "strftime", "localtime", "perf_counter", "monotonic"),
    "os": ("path", "environ", "getenv", "listdir", "getcwd", "urandom", "mkdir", "makedirs", "remove"),
    "json": ("dumps", "loads", "dump", "load"),
    "secrets": ("randbelow", "choice", "token_hex", "token_urlsafe", "token_bytes", "randbits"),
}
LAB_MODULES = ("flask", "random", "time", "datetime", "os", "sys", "math", "json", "secrets", "string", "re", "pathlib")
COURSE_PACKAGES = ("flask", "jinja2", "werkzeug", "markupsafe", "itsdangerous", "click", "blinker")
LITERALS = {"true": "True", "false": "False", "none": "None", "null": "None", "undefined": "None"}
MODULES = frozenset(sys.stdlib_module_names) | frozenset(COURSE_PACKAGES)
BUILTINS = tuple(n for n in dir(builtins) if not n.startswith("_"))


def module_with(name: str) -> str | None:
    """The lab's module that has a member of that name."""
    return next((module for module, members in MODULE_MEMBERS.items() if name in members), None)
