"""The form by which an administrator takes everything out."""

from flask_babel import lazy_gettext as _
from wtforms import BooleanField

from points.web.forms.base import KeyedForm


class ArchiveForm(KeyedForm):
    photos = BooleanField(_("带上照片"), default=True)
