"""Forms of wishes."""

from flask_babel import lazy_gettext as _
from wtforms import RadioField, SelectField, StringField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Length

from points.web.forms.base import KeyedForm


class WishForm(KeyedForm):
    name = StringField(_("想要什么"), validators=[InputRequired(_("请填写。")), Length(max=40)])


class AnswerForm(KeyedForm):
    here = RadioField(
        _("答复"),
        choices=[SelectChoice("yes", _("已进货")), SelectChoice("no", _("暂不进"))],
        validators=[InputRequired(_("请选一项。"))],
    )
    goods = SelectField(_("是店里的哪一样"), coerce=int)
    answer = StringField(_("暂不进的原因"), validators=[Length(max=60)])

    def validate_answer(self, answer: StringField) -> None:
        """A household that asks in vain is told why."""
        if self.here.data == "no":
            InputRequired(_("请写原因，村民看得到。"))(self, answer)
