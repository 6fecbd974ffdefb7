"""A plug-in that ends the process when it is imported."""

raise SystemExit("no licence")
