"""The portal's routes: read the request, call search, fill a template."""
