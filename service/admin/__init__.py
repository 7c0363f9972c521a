"""Deciding over HTTP which version is active, and reading what the registry knows; shared with the page."""
