"""Grades web-server labs over real HTTP and explains every lost point."""

__version__ = "0.1.0"
