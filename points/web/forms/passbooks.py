"""The form by which the passbooks of a lane, a grid or a village are printed at once."""

from flask_babel import lazy_gettext as _
from wtforms import SelectField

from points.web.forms.base import KeyedForm


class ManyForm(KeyedForm):
    area_id = SelectField(_("哪里的存折"), coerce=int)
