"""Taking everything out: one file with all that belongs to an area, made beside the requests and kept for an hour."""

from __future__ import annotations

from flask import Blueprint, g
from flask.typing import ResponseReturnValue
from flask_login import login_required

from points import access, archive
from points.calendar import local_date
from points.errors import NotFound
from points.jobs import Outcome, Task
from points.models.areas import Area
from points.services import export
from points.web import jobs
from points.web.forms.archives import ArchiveForm
from points.web.session import me
from points.web.text import gettext as _

blueprint = Blueprint("archives", __name__)
KINDS = ("county", "township", "village")


@blueprint.route("/areas/<int:area_id>/archive", methods=["GET", "POST"])
@login_required
def new(area_id: int) -> ResponseReturnValue:
    area = _area_of(area_id)
    if area.kind == "village":
        g.village_id = area_id
    form = ArchiveForm()
    if form.validate_on_submit():
        with form.refusals():
            given = {"area": area_id, "photos": form.photos.data}
            return jobs.ask(form.key.data, "archive", given)
    return form.page("archives/new.html", area=area, minutes=jobs.KEPT_MINUTES)


def work(task: Task) -> Outcome:
    """Write the archive; that it was taken is on record before it can be fetched."""
    area = _area_of(int(task.given["area"]), task)
    task.path.unlink(missing_ok=True)  # left by a job of the same number, before a backup was restored
    with archive.snapshot():
        made = archive.write(task.path, now=task.now, area=area, pictures=task.given["photos"], step=task.step)
    title = _("%(place)s全部数据", place=area.name)
    export.record(
        key=f"archive:{task.id}",
        actor=task.actor,
        now=task.now,
        area_id=area.id,
        name="archive",
        title=title,
        asked=_("带照片") if task.given["photos"] else _("不带照片"),
        format="zip",
        count=made.rows,
    )
    return Outcome(file_name=f"{title[:60]}-{local_date(task.now)}.zip")


def _area_of(area_id: int, task: Task | None = None) -> Area:
    """Return a county, township or village whose administrator asks. Raises `NotFound`, `NotAllowed`."""
    access.require(task.actor if task else me(), "admin", area_id=area_id)
    area = access.area(area_id)
    if area.kind not in KINDS:
        raise NotFound()
    return area
