"""What the server loads: the site, and beside it the threads that post what is due every minute and do longer work."""

from config import from_environment
from points import create_app
from points.web import jobs, ticker

app = create_app(from_environment())
ticker.start(app)
jobs.start(app)
