"""Forms of rosters: the file, and what its columns are."""

from __future__ import annotations

from flask import request
from flask_babel import lazy_gettext as _
from flask_wtf.file import FileField, FileRequired
from wtforms import BooleanField, RadioField, SelectField

from points.web.forms.base import KeyedForm


class UploadForm(KeyedForm):
    sheet = FileField(_("户名册"), validators=[FileRequired(_("还没有选文件。"))])


class ColumnsForm(KeyedForm):
    way = RadioField(_("怎样分户"))
    area_id = SelectField(_("没写街巷的新户放在"), coerce=int)

    def columns(self, count: int) -> list[str]:
        """What was chosen for each of *count* columns."""
        return [request.form.get(f"column-{place}", "") for place in range(count)]


class ApplyForm(KeyedForm):
    skip = BooleanField(_("跳过有问题的行，只导入其余的"))
