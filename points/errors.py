"""Every refusal that the rules can give, each with the sentence its reader sees.

A refusal has a code (kept under a write's key, so that a retry hears the same answer), an HTTP status, named values
and one Chinese sentence that says what to do. `N_` marks the sentence for translation; `web` and `cli` translate and
fill it. What cannot happen is an assert with a CHECK behind it, not a class here.
"""

from __future__ import annotations

from typing import Any, ClassVar


def N_(sentence: str) -> str:
    """Mark *sentence* for translation and return it unchanged."""
    return sentence


class PointsError(Exception):
    """A refusal by a rule: 409, unless a subclass says otherwise."""

    status: ClassVar[int] = 409
    sentence: ClassVar[str] = ""
    in_place: ClassVar[bool] = False  # stored in the transaction that raised it, with what that wrote before
    by_code: ClassVar[dict[str, type[PointsError]]] = {}

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        PointsError.by_code[cls.__name__] = cls

    def __init__(self, **values: str | int) -> None:
        super().__init__(type(self).__name__)
        self.values = values

    @property
    def code(self) -> str:
        """The name under which the refusal is stored."""
        return type(self).__name__

    def __str__(self) -> str:
        return self.sentence % self.values


# --- anyone, anywhere -------------------------------------------------------------------------------------------


class NotFound(PointsError):
    """The thing does not exist, or lies in an area that the asking person may not see: both look alike."""

    status = 404
    sentence = N_("没有找到。可能已被移走，或不在您负责的范围内。")


class NotAllowed(PointsError):
    """The person holds no role that may do this."""

    status = 403
    sentence = N_("您的职责不包括这一步。需要时请找村委会办理。")


class Invalid(PointsError):
    """What was typed has the wrong shape; the page keeps it."""

    status = 422
    sentence = N_("填写有误：%(what)s。请改好再交。")


class KeyReused(PointsError):
    """A write's key came back with another payload."""

    sentence = N_("这一页已经交过别的内容。请刷新后重新填写。")


class AlreadyDone(PointsError):
    """Someone, or the same person, has taken this step before."""

    sentence = N_("这一步已经办过了。请刷新看最新情况。")


class ClashingName(PointsError):
    """A number or name that must be unique is taken."""

    status = 422
    sentence = N_("“%(name)s”已经有了。请换一个。")


class Missing(PointsError):
    """A required text is empty."""

    status = 422
    sentence = N_("请填写%(what)s。")


class TooLong(PointsError):
    status = 422
    sentence = N_("“%(what)s”太长，最多 %(limit)s 个字。请写短一些。")


# --- ledger -----------------------------------------------------------------------------------------------------


class InsufficientPoints(PointsError):
    sentence = N_("积分不够：需要 %(needed)s 分，现有 %(balance)s 分。请减少商品。")


class AlreadyReversed(PointsError):
    sentence = N_("这一笔已经冲正过，不能再冲一次。")


class NotReversible(PointsError):
    sentence = N_("冲正记录本身不能再冲正。请另记一笔。")


class TakesBackTooMuch(PointsError):
    sentence = N_("更正不能超过原来的积分，还可更正 %(left)s 分。")


# --- people, places, staff --------------------------------------------------------------------------------------


class OwnHousehold(PointsError):
    """Recusal 回避: the household is one's own or a declared relative's."""

    sentence = N_("这一户是您自家或亲属，按规定回避。请换一位办理。")


class SamePerson(PointsError):
    """Three different people: whoever took an earlier step may not take this one."""

    sentence = N_("前面的步骤是您办的，这一步要换一个人。")


class RoleConflict(PointsError):
    sentence = N_("%(person)s已担任“%(held)s”，不能再任“%(wanted)s”：管理、店员与评审要分开。")


class RolePlace(PointsError):
    status = 422
    sentence = N_("“%(role)s”不能设在“%(place)s”这一级。请换一个地方或职责。")


class ConfirmerRelated(PointsError):
    sentence = N_("确认人要与提名人、被提名人都无亲属关系，请换一位。")


class LastAdmin(PointsError):
    sentence = N_("这是最后一位管理员，不能卸任。请先任命另一位。")


class AreaOrder(PointsError):
    status = 422
    sentence = N_("这里不能设“%(kind)s”。下级要比上级小：县、乡镇、村、网格、街巷。")


class BadUsername(PointsError):
    status = 422
    sentence = N_("用户名要 3 到 40 个小写字母或数字（中间可用 . _ -）。请换一个。")


class SamePassword(PointsError):
    status = 422
    sentence = N_("新密码和现在的一样。请换一个新的。")


class SelfKin(PointsError):
    status = 422
    sentence = N_("亲属不能是本人。请填亲属的户号和姓名。")


class WrongPassword(PointsError):
    status = 422
    sentence = N_("用户名或密码不对。请检查后再试。")


class TooSoon(PointsError):
    """Growing waits after wrong tries; never a lasting lock."""

    status = 429
    sentence = N_("输错次数较多，请等 %(seconds)s 秒再试。")


class WeakPassword(PointsError):
    status = 422
    sentence = N_("密码至少 8 位，不能全是数字，也不能与用户名相同。")


class WeakPin(PointsError):
    status = 422
    sentence = N_("密码要 6 位数字，不能全相同、不能连号（如 123456）。请换一个。")


# --- cards ------------------------------------------------------------------------------------------------------


class CardUnknown(PointsError):
    sentence = N_("没有这张卡。请核对卡号，或请村委会查一查。")


class CardMisread(PointsError):
    status = 422
    sentence = N_("卡号不完整或看错了一位。请重新扫码，或输入卡面 12 位数字。")


class CardNotHandedOver(PointsError):
    sentence = N_("这张卡还没有发到本人手里，不能使用。请先由村委会发卡。")


class CardRevoked(PointsError):
    sentence = N_("这张卡已于 %(day)s 停用（%(reason)s）。请用新卡，或找村委会补办。")


class PrintedBySamePerson(PointsError):
    sentence = N_("卡是您印的，要请另一位工作人员发卡。")


class WrongPin(PointsError):
    """Kept in the same transaction that counted the try, so that parallel guesses cannot slip past the count."""

    status = 422
    in_place = True
    sentence = N_("取货密码不对。请让持卡人再输一次。")


class PinNeeded(PointsError):
    status = 422
    sentence = N_("需要持卡人输入 6 位取货密码。")


class NoPinLimit(PointsError):
    sentence = N_("免密额度每户每天 %(limit)s 分，今天还剩 %(left)s 分。请输入取货密码。")


class NoPinSet(PointsError):
    sentence = N_("持卡人还没有设取货密码。请村委会先设密码。")


# --- contributions, review, notice ------------------------------------------------------------------------------


class NoRuleBook(PointsError):
    sentence = N_("本村还没有启用积分细则。请先采纳细则。")


class FutureDay(PointsError):
    status = 422
    sentence = N_("日期在今天之后。请填事情发生的日子。")


class TooLongAgo(PointsError):
    status = 422
    sentence = N_("事情已过去 %(days)s 天。超过 %(limit)s 天的不再补记。")


class PersonTwice(PointsError):
    status = 422
    sentence = N_("%(person)s在名单里出现了两次。请去掉一个。")


class WrongState(PointsError):
    """The line has moved on since the page was shown."""

    sentence = N_("这一条现在是“%(state)s”，不能再做这一步。请刷新看看。")


class NothingToPublish(PointsError):
    sentence = N_("现在没有通过评议、等待公示的记录。")


class NoticeDays(PointsError):
    status = 422
    sentence = N_("公示天数要在 3 到 15 天之间。")


class NoticeOver(PointsError):
    sentence = N_("公示已经结束，不能再提异议。请到村委会申请更正。")


class ClockUnsure(PointsError):
    """`points tick` will not post while the clock cannot be trusted."""

    sentence = N_("电脑时间可疑，已暂停入账。请管理员核对时间后确认。")


class ClockBehind(ClockUnsure):
    sentence = N_("电脑时间早于最近的记录，已暂停入账。请管理员核对时间后确认。")


class ClockJumped(ClockUnsure):
    sentence = N_("电脑时间与上次入账相差一天以上，已暂停入账。请管理员核对时间后确认。")


class OwnHouseholdNamed(OwnHousehold):
    """Recusal on one line of several: it says which."""

    sentence = N_("%(person)s是您自家或亲属，按规定回避。请去掉这一位，由别人来办。")


class NobodyNamed(PointsError):
    status = 422
    sentence = N_("还没有选参加的人。请至少选一位。")


class NothingChosen(PointsError):
    status = 422
    sentence = N_("还没有选要办的记录。请先勾选。")


class QuantityRange(PointsError):
    status = 422
    sentence = N_("数量要在 1 到 %(limit)s 之间。")


class ItemNotInForce(PointsError):
    sentence = N_("这一项不在现行的积分细则里。请刷新后重选。")


class NotForReporter(PointsError):
    sentence = N_("按细则，“%(item)s”不由您来报。请找网格员或村委会。")


class CapFull(PointsError):
    """Not raised: the reason kept on a line that the council approved and no cap left room for."""

    sentence = N_("已经封顶，没有余量，这次不计分。")


class RisenToTownship(PointsError):
    sentence = N_("答复期限已过，这条异议改由乡镇监督员答复。")


# --- shop -------------------------------------------------------------------------------------------------------


class OutOfStock(PointsError):
    sentence = N_("%(goods)s库存不够：要 %(wanted)s，只剩 %(left)s。请减少数量。")


class OutsideShopArea(PointsError):
    sentence = N_("这一户不在本店服务的范围内。请到本村的店兑换。")


class EmptyBasket(PointsError):
    status = 422
    sentence = N_("还没有选商品。请先选好数量。")


class GoodsForbidden(PointsError):
    status = 422
    sentence = N_("积分不能换%(what)s：按规定，现金、购物卡券、烟、酒、药品都不上架。")


class GoodsHidden(PointsError):
    sentence = N_("%(goods)s已下架。请换别的商品。")


class PriceChanged(PointsError):
    sentence = N_("%(goods)s的价格刚改为 %(price)s 分。请与领取人确认后再交。")


class HolderGone(PointsError):
    """The card's holder or the whole household is no longer active."""

    sentence = N_("持卡人或这一户已停用，这张卡不能用。请找村委会办理。")


class CollectorUnlisted(PointsError):
    status = 422
    sentence = N_("领取人不是这一户登记的成员。请重新选择。")


class BasketTooLarge(PointsError):
    status = 422
    sentence = N_("一次最多 %(kinds)s 种商品，每种 1 到 %(pieces)s 件。请分几次兑换。")


class UndoTooLate(PointsError):
    """A clerk may undo on the same day only."""

    sentence = N_("店员只能撤销当天的凭证。请找村委干部办理。")


class BadShopCode(PointsError):
    status = 422
    sentence = N_("店号要 1 到 8 位字母或数字，例如 SQ01。")


class BadPrice(PointsError):
    status = 422
    sentence = N_("价格要在 1 到 %(most)s 分之间。")


class BadQuantity(PointsError):
    status = 422
    sentence = N_("数量要在 1 到 %(most)s 之间。")
