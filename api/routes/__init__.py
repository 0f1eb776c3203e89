"""The routes, a module for each noun; every one has a `router` whose paths are complete."""
