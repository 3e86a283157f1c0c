"""What the tests of the web application share."""

from tests.department import cheap_passwords

__all__ = ["cheap_passwords"]
