"""What the server loads: the site, and beside it the threads that post what is due every minute and do longer work."""

import ctypes
import gc
from contextlib import suppress

from config import from_environment
from points import create_app
from points.web import jobs, ticker

_ARENA_MAX, _MMAP_THRESHOLD, _TRIM_THRESHOLD = -8, -3, -1  # as malloc.h of glibc numbers them


def _give_memory_back() -> None:
    """Let glibc return what a sign-in (19 MB) or a photo took, where it would keep it for each thread."""
    with suppress(OSError, AttributeError, TypeError):  # other systems know no mallopt
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_ARENA_MAX, 1)
        mallopt(_MMAP_THRESHOLD, 1024 * 1024)
        mallopt(_TRIM_THRESHOLD, 8 * 1024 * 1024)


_give_memory_back()
app = create_app(from_environment())
ticker.start(app)
jobs.start(app, apart=True)
gc.freeze()  # what was loaded stays: looking it over again and again took a tenth of a page
gc.set_threshold(10_000, 20, 50)
