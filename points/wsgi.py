"""What the server loads: the site, and beside it the thread that posts what is due every minute."""

from config import from_environment
from points import create_app
from points.web import ticker

app = create_app(from_environment())
ticker.start(app)
