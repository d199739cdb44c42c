"""The form by which a household chooses how the red board names it."""

from flask_babel import lazy_gettext as _
from wtforms import RadioField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired

from points.web.forms.base import KeyedForm


class BoardNameForm(KeyedForm):
    board_name = RadioField(
        _("红榜上怎样写"),
        choices=[
            SelectChoice("masked", _("写户号和隐去一部分的姓名，如“王*英”")),
            SelectChoice("full", _("写户号和全名，如“王秀英”")),
            SelectChoice("none", _("不上红榜")),
        ],
        validators=[InputRequired()],
    )
