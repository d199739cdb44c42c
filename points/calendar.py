"""Local days and months: pure arithmetic between UTC moments and Asia/Shanghai dates; reads no clock."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

LOCAL = ZoneInfo("Asia/Shanghai")


def local_date(moment: datetime) -> date:
    """Return the calendar day in Asia/Shanghai on which *moment* falls."""
    return moment.astimezone(LOCAL).date()


def start_of(day: date) -> datetime:
    """Return the UTC moment at which the local *day* begins (00:00 Asia/Shanghai)."""
    return datetime.combine(day, time.min, LOCAL).astimezone(UTC)


def end_of(day: date) -> datetime:
    """Return the UTC moment at which the local *day* ends (24:00 Asia/Shanghai)."""
    return start_of(day + timedelta(days=1))


def month_of(day: date) -> str:
    """Return the local month of *day* as ``2026-11``: the period of a monthly cap."""
    return f"{day.year}-{day.month:02}"


def end_of_month(month: str) -> datetime:
    """Return the UTC moment at which the local *month* (``2026-11``) ends."""
    return start_of((date.fromisoformat(f"{month}-01") + timedelta(days=31)).replace(day=1))


def year_of(day: date) -> str:
    """Return the local year of *day* as ``2026``: the period of a yearly cap."""
    return str(day.year)


def week_of(day: date) -> str:
    """Return the local week of *day*, Monday to Sunday, as ``2026-W47``: the period of a weekly cap."""
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02d}"


def quarter_of(day: date) -> str:
    """Return the local quarter of *day* as ``2026-Q4``."""
    return f"{day.year}-Q{(day.month + 2) // 3}"


def first_day(period: str, day: date) -> date:
    """Return the first day of the local *period* (day, week, month, quarter or year) in which *day* lies."""
    match period:
        case "week":
            return day - timedelta(days=day.weekday())
        case "month":
            return day.replace(day=1)
        case "quarter":
            return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
        case "year":
            return day.replace(month=1, day=1)
        case _:
            return day
