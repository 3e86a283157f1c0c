"""The API: what pages show and do, as JSON, under the same rules of access.

resources   what is sent, as dataclasses
documents   those as JSON, and as JSON Schema
routes      the operations; from them the OpenAPI document is made
courses     courses, assignments, gradebooks
submissions what was handed in, and its reports
"""

from __future__ import annotations

from grader.web.api import courses, submissions  # noqa: F401  # they register their operations
from grader.web.api.routes import blueprint

__all__ = ["blueprint"]
