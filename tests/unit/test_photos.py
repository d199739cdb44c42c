"""Photos: drawn anew and small, nothing hidden comes along, a likely reuse is known, old pictures go."""

from __future__ import annotations

import io
import random
import struct
import zlib

import pytest
from PIL import Image

from points import db, photos
from points.errors import NotAPhoto, PhotoTooLarge
from points.models.contribution import Contribution
from points.models.photos import Photo, PhotoBody
from tests import steps
from tests.world import World


def scene(seed: int = 1, size: tuple[int, int] = (1600, 1200)) -> Image.Image:
    """Draw patches of colour that differ from seed to seed."""
    chance = random.Random(seed)
    small = Image.new("RGB", (12, 9))
    small.putdata([tuple(chance.randbytes(3)) for _ in range(12 * 9)])
    return small.resize(size, Image.Resampling.BICUBIC)


def saved(image: Image.Image, form: str = "JPEG", **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def shown(picture: photos.Picture) -> Image.Image:
    return Image.open(io.BytesIO(picture.body))


def test_a_photo_is_a_small_jpeg_afterwards() -> None:
    picture = photos.redraw(saved(scene(size=(4000, 3000)), quality=95))
    assert (picture.width, picture.height) == (1280, 960) == shown(picture).size
    assert shown(picture).format == "JPEG"
    assert len(picture.body) <= 300 * 1024


def test_the_most_restless_picture_fits_too() -> None:
    noise = Image.frombytes("RGB", (1280, 1280), random.Random(1).randbytes(1280 * 1280 * 3))
    picture = photos.redraw(saved(noise, "PNG"))
    assert len(picture.body) <= 300 * 1024
    assert (picture.width, picture.height) == shown(picture).size


def test_nothing_but_pixels_comes_along() -> None:
    exif = Image.Exif()
    exif[0x010F] = "Make of the phone"
    exif.get_ifd(0x8825).update({1: "N", 2: (35.0, 30.0, 12.0), 3: "E", 4: (111.0, 34.0, 1.0)})
    sent = saved(scene(), exif=exif, comment=b"beside the well", icc_profile=b"a profile")
    assert b"Make of the phone" in sent and Image.open(io.BytesIO(sent)).getexif().get_ifd(0x8825)
    picture = photos.redraw(sent)
    assert not shown(picture).getexif()
    assert set(shown(picture).info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    for hidden in (b"Exif", b"Make of the phone", b"beside the well", b"a profile"):
        assert hidden not in picture.body


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_a_photo_taken_sideways_stands_upright(form: str) -> None:
    image = Image.new("RGB", (800, 400), "white")
    image.paste("black", (0, 0, 200, 200))  # top left; turned by a quarter it is top right
    exif = Image.Exif()
    exif[0x0112] = 6
    upright = shown(photos.redraw(saved(image, form, exif=exif))).convert("L")
    assert upright.size == (400, 800)
    assert upright.getpixel((350, 50)) < 40 and upright.getpixel((50, 50)) > 200


def test_what_is_see_through_becomes_white() -> None:
    picture = shown(photos.redraw(saved(Image.new("RGBA", (200, 200), (0, 0, 0, 0)), "PNG")))
    assert min(picture.convert("L").tobytes()) > 250
    assert photos.redraw(saved(Image.new("P", (200, 200)), "PNG")).width == 200
    assert photos.redraw(saved(Image.new("CMYK", (200, 200)))).width == 200


def bomb(width: int, height: int) -> bytes:
    """Write a PNG that says how large it is, and holds nothing."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"%PDF-1.7 renamed to jpg", NotAPhoto),
        (b"", NotAPhoto),
        (saved(scene())[:9000], NotAPhoto),
        (saved(scene(), "GIF", save_all=True, append_images=[scene(2)]), NotAPhoto),
        (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(4000), NotAPhoto),
        (saved(scene(), "TIFF"), NotAPhoto),
        (bomb(10_000, 10_000), PhotoTooLarge),
        (saved(Image.new("1", (4100, 4100)), "WEBP"), PhotoTooLarge),
        (bomb(300, 300), NotAPhoto),
    ],
    ids="pdf empty truncated gif heic tiff bomb webp-bomb hollow".split(),
)
def test_what_is_no_photo_is_refused_in_a_sentence(data: bytes, error: type[Exception]) -> None:
    with pytest.raises(error) as refused:
        photos.redraw(data, 3)
    assert "第 3 " in str(refused.value) and "请" in str(refused.value)


# --- kept and compared ------------------------------------------------------------------------------------------------


def sheet_of(line_id: int) -> Contribution:
    return Contribution.get_by_id(steps.line(line_id).contribution_id)


def keep(world: World, line_id: int, *data: bytes, apart_from: int | None = None) -> list[Photo]:
    sheet = sheet_of(line_id)
    with db.transaction():
        photos.keep(
            [photos.redraw(one) for one in data],
            village_id=sheet.village_id,
            subject_type="contribution",
            subject_id=sheet.id,
            actor=world.recorder,
            now=world.now,
            apart_from=apart_from,
        )
    return photos.of("contribution", [sheet.id])[sheet.id]


def lines(world: World, count: int) -> list[int]:
    return [steps.record(world, code=14)[0] for _ in range(count)]


def test_a_photo_used_again_points_to_the_earliest(world: World) -> None:
    first, second, third, fourth = lines(world, 4)
    original = saved(scene())
    cropped = scene().crop((20, 20, 1590, 1190)).resize((900, 675))
    [kept] = keep(world, first, original)
    [again] = keep(world, second, original)
    [resized] = keep(world, third, saved(cropped, quality=40))
    [other] = keep(world, fourth, saved(scene(2)))
    assert kept.like_id is None and other.like_id is None
    assert again.like_id == kept.id and again.sha256 == kept.sha256
    assert resized.like_id == kept.id and resized.sha256 != kept.sha256


def test_dark_pictures_are_like_nothing_but_themselves(world: World) -> None:
    first, second = lines(world, 2)
    [night] = keep(world, first, saved(Image.new("RGB", (800, 600), (3, 3, 3))))
    darker, same = keep(
        world, second, saved(Image.new("RGB", (900, 600))), saved(Image.new("RGB", (800, 600), (3,) * 3))
    )
    assert darker.like_id is None
    assert same.like_id == night.id


def test_photos_of_other_villages_and_of_what_is_taken_up_again_do_not_count(world: World) -> None:
    first, second = lines(world, 2)
    keep(world, first, saved(scene()))
    [again] = keep(world, second, saved(scene()), apart_from=sheet_of(first).id)
    assert again.like_id is None
    with db.transaction():
        photos.keep(
            [photos.redraw(saved(scene()))],
            village_id=world.other_village,
            subject_type="objection",
            subject_id=1,
            actor=world.other_steward,
            now=world.now,
        )
    assert photos.of("objection", [1])[1][0].like_id is None


def test_what_was_kept_comes_back_as_it_was(world: World) -> None:
    (line,) = lines(world, 1)
    pictures = [photos.redraw(saved(scene(seed))) for seed in (1, 2)]
    keep(world, line, saved(scene(1)), saved(scene(2)))
    assert photos.again("contribution", sheet_of(line).id) == pictures
    assert photos.of("contribution", [10**9]) == {}


def test_pictures_go_ninety_days_after_posting_and_hashes_stay(world: World) -> None:
    (line,) = steps.posted(world, code=14)
    (waiting,) = lines(world, 1)
    [old], [_young] = keep(world, line, saved(scene())), keep(world, waiting, saved(scene(2)))
    posted_at = steps.line(line).posted_at
    for day, removed in ((89, 0), (91, 1), (92, 0)):
        world.wait(seconds=(posted_at - world.now).total_seconds() + day * 86_400)
        with db.transaction():
            assert photos.remove_old(world.now) == removed, day
    gone = Photo.get_by_id(old.id)
    assert gone.sha256 == old.sha256 and gone.removed_at is not None
    assert [body.photo_id for body in PhotoBody.select()] == [_young.id]
    (again,) = lines(world, 1)
    assert keep(world, again, saved(scene()))[0].like_id == old.id


def test_one_line_still_on_its_way_keeps_the_photos(world: World) -> None:
    first, second = steps.record(world, world.villager(0), world.villager(1), code=14)
    keep(world, first, saved(scene()))
    steps.check(world, [first], passes=False)
    world.wait(days=100)
    with db.transaction():
        assert photos.remove_old(world.now) == 0
    steps.check(world, [second], passes=False)
    world.wait(days=91)
    with db.transaction():
        assert photos.remove_old(world.now) == 1
