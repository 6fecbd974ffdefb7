"""Exports as a web page: the generator runs in the browser, and nothing else is needed."""
