"""What the server loads on SQLite: the site in its loop."""

from points import wsgi
from points.web.loop import Loop

app = Loop(wsgi.app)
