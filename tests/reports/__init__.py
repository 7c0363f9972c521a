"""The reports, tested on a stand-in for the engine and, in a browser, on what a reader sees."""
