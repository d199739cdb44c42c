"""Photos as evidence, served to those who judge; like every page of ours never stored on the way."""

from __future__ import annotations

from flask import Blueprint, Response
from flask_login import login_required

from points.queries import photos
from points.web.session import me

blueprint = Blueprint("photos", __name__)


@blueprint.get("/photos/<int:photo_id>")
@login_required
def show(photo_id: int) -> Response:
    return Response(photos.body(me(), photo_id), mimetype="image/jpeg")
