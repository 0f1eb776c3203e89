"""HTTP for portals and chatbots: middleware -> who asks -> the view of that asker -> search -> JSON.

`api.app.create_app` puts it together, `api.serving.serve` runs it; a route parses, calls and presents.
"""
