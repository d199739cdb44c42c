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


class JobBroken(PointsError):
    """Work beside the requests ended without an answer: the server stopped, or its file is gone."""

    sentence = N_("没有做完：服务器中断了。请回到原来的页面看看，再试一次。")


class TooManyJobs(PointsError):
    """Someone asked for more while several pieces of work still wait."""

    sentence = N_("您已有 %(n)s 件事在排队，请等做完再来。")


class NothingToPrint(PointsError):
    """A passbook is printed up to its last movement."""

    sentence = N_("上一页以后没有新的进出，不用打印。")


class StillSitting(PointsError):
    """The minutes are complete once the sitting is closed."""

    sentence = N_("会还没有开完。请散会以后再打印记录。")


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


class ItemAboveLimit(PointsError):
    """A township or county above the village set a limit."""

    status = 422
    sentence = N_("“%(item)s”超过了%(area)s定的上限：每项最多 %(most)s 分。请改低。")


class WorthAboveLimit(PointsError):
    status = 422
    sentence = N_("1 分的价值超过了%(area)s定的上限 %(most)s 元。请改低。")


class MonthlyCapAboveLimit(PointsError):
    status = 422
    sentence = N_("每户每月封顶超过了%(area)s定的上限 %(most)s 分。请改低。")


class HolidayRange(PointsError):
    status = 422
    sentence = N_("节假日要从今天或以后开始，一次最多 %(most)s 天，不超过一年后。")


class HolidayBegun(PointsError):
    sentence = N_("已经到了的节假日不能去掉。")


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


class HouseholdResting(PointsError):
    """Another household took this one up; nothing new is done on it."""

    sentence = N_("第 %(number)s 户已经停用，只能查看。请到接续它的那一户去办。")


class NobodyMoves(PointsError):
    status = 422
    sentence = N_("还没有选要走的人。请至少选一位。")


class NotOfHousehold(PointsError):
    """Somebody moved or left since the change was proposed."""

    sentence = N_("要走的人里，有人已经不在这一户了。请退回，按现在的情况重新提出。")


class EverybodySplits(PointsError):
    status = 422
    sentence = N_("分户至少要留一个人在原户。全家都走，请用“整户搬迁”。")


class SameHousehold(PointsError):
    status = 422
    sentence = N_("转到的就是原来这一户。请填另一户的户号。")


class SamePlace(PointsError):
    status = 422
    sentence = N_("这一户现在就在那里。请选要搬去的地方。")


class NoSuchHousehold(PointsError):
    status = 422
    sentence = N_("%(village)s没有第 %(number)s 户，或那一户已经停用。请核对户号。")


class PointsBeyond(PointsError):
    """More points would go along than the household has."""

    status = 422
    sentence = N_("随行的积分要在 0 到 %(balance)s 之间：这一户现有 %(balance)s 分。")


class PointsShrunk(PointsError):
    """The household spent points since the change was proposed."""

    sentence = N_("这一户现在只有 %(balance)s 分，不够随行的 %(points)s 分。请退回，按现在的积分重新提出。")


class StillReserved(PointsError):
    sentence = N_("%(person)s在%(shop)s还有预约没有取。请先取货或取消预约，再办户的变动。")


class ChangeWaits(PointsError):
    sentence = N_("这一户还有一项变动等着确认。请先办完那一项。")


class PersonErased(PointsError):
    sentence = N_("这个人的资料已按本人要求删除，不能再改。")


class RequestWaits(PointsError):
    sentence = N_("同样的要求已经提过，还在等答复。")


class NotGranted(PointsError):
    sentence = N_("这项要求还没有人同意，不能删除。请先答复。")


class StillInUse(PointsError):
    """Something of a person is still running, so the data cannot be removed yet; *what* says which."""

    sentence = N_("现在还不能删除：%(what)s。请先办完。")


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


# --- rosters of a village ---------------------------------------------------------------------------------------


class CensusOver(PointsError):
    sentence = N_("这份名册已经导入、撤销或放弃了。请刷新看看。")


class CensusMoved(PointsError):
    """What is there has changed since the preview, or the mapping has."""

    sentence = N_("看过以后，村里的户和人又有变动。请重新看一遍再导入。")


class CensusHasProblems(PointsError):
    status = 422
    sentence = N_("有 %(n)s 行有问题，什么也没有导入。请改好表格重新传，或勾选“跳过有问题的行”。")


class NothingChanges(PointsError):
    sentence = N_("和村里现在的户、人都一样，没有要改的。")


class CensusBuiltOn(PointsError):
    sentence = N_("不能整批撤销：导入以后已经有了%(what)s（%(who)s 等）。请到这些户、人的页面上更正。")


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
    sentence = N_("卡是您印的，发卡、换密码要请另一位工作人员。")


class NoCardsChosen(PointsError):
    status = 422
    sentence = N_("还没有勾选。请至少勾一位。")


class TooManyCards(PointsError):
    status = 422
    sentence = N_("一次最多印 %(limit)s 张卡。请按网格或街巷分几批印。")


class HasCard(PointsError):
    """Somebody else printed meanwhile, or the page is old."""

    sentence = N_("%(person)s已经有卡。要重印，请勾选“已有卡的也重印”。")


class NoSlip(PointsError):
    """Neither a PIN of one's own nor one in a folded slip: nobody could ever use the card."""

    sentence = N_("%(person)s没有密码条，也没有设过密码。请单独发这张卡，当场设密码。")


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


class WallPhotoNeeded(PointsError):
    status = 422
    sentence = N_("本村规定：公示单贴好后要拍照。请附上照片再确认。")


class SlipPhotoNeeded(PointsError):
    status = 422
    sentence = N_("请附上异议单的照片。没有纸条的，选“上门或当面提的”。")


class KeptRange(PointsError):
    status = 422
    sentence = N_("改少后要在 1 到 %(most)s 分之间；一分都不该有，请选取消。")


class DeductsCivility(PointsError):
    """A deduction from the civility score cannot be reversed as points can."""

    sentence = N_("这一条扣的是文明分，不动积分。请用“恢复文明分”。")


class EarnsPoints(PointsError):
    """A line that earned points has no civility score to give back."""

    sentence = N_("这一条记的是积分，没有扣文明分。请用“冲正或更正”。")


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


class NotAPhoto(PointsError):
    status = 422
    sentence = N_("第 %(n)s 个文件不是照片，或已损坏。请选 JPG 或 PNG 照片；苹果手机的 HEIC 照片请先截屏再选。")


class PhotoTooLarge(PointsError):
    status = 422
    sentence = N_("第 %(n)s 张照片太大。请截屏后选截图，或用手机重拍一张。")


class TooManyPhotos(PointsError):
    status = 422
    sentence = N_("一次最多 %(limit)s 张照片。请去掉几张。")


class PhotoNeeded(PointsError):
    status = 422
    sentence = N_("“%(item)s”要有照片。请拍一张再报，不用拍到人脸。")


class SeenBefore(PointsError):
    """The same person, item and day: shown beside the earlier ones, and taken when sent once more on purpose."""

    sentence = N_("%(person)s这一天的“%(item)s”已经有人记过。请看下面，确实是另外一次再报。")


class NotThere(PointsError):
    """The person named on the line said so; it goes no further."""

    sentence = N_("%(person)s说那天不在场，这一条不能通过。请退回或不予通过。")


class LessPoints(PointsError):
    """A voice that changes allows fewer points than were asked, of each line that was chosen."""

    status = 422
    sentence = N_("改分要比申报的少，至少 1 分。所选的里面，最少的一条申报了 %(least)s 分。")


class JudgesNeeded(PointsError):
    status = 422
    sentence = N_("要选 %(n)s 位不同的评委。请补齐。")


class ScoreRange(PointsError):
    status = 422
    sentence = N_("每位评委的分要在 0 到 %(most)s 之间。请改好再交。")


class ScoreMissing(PointsError):
    status = 422
    sentence = N_("%(household)s 户还有评委没打分。请补上，这一户不评就都留空。")


class NothingScored(PointsError):
    status = 422
    sentence = N_("还没有一户得分。请先打分。")


class NothingNew(PointsError):
    sentence = N_("每一行都已经记过了。确实是另外一次，请选全部记下。")


class RosterHasErrors(PointsError):
    """People or rules changed after the preview, or its warnings were passed over."""

    status = 422
    sentence = N_("有 %(n)s 行填写有误，第一处在第 %(row)s 行，一行也没有记下。请改好表格重新上传。")


class BadSheet(PointsError):
    """A file that is no spreadsheet we can read; its kinds say what else may be wrong with the whole of it."""

    status = 422
    sentence = N_("这份表格读不了：%(what)s。")


class SheetTooLong(BadSheet):
    sentence = N_("表格太长，一次最多 %(limit)s 行。请分成几份。")


class HeadingMissing(BadSheet):
    sentence = N_("没有找到表头“%(name)s”。请用这里下载的样表，不要改第一行。")


class HeadingTwice(BadSheet):
    sentence = N_("表头“%(name)s”出现了两次。请去掉一列。")


# --- opening balances -------------------------------------------------------------------------------------------


class NothingTyped(PointsError):
    status = 422
    sentence = N_("一户也没有填。请至少填一户的积分。")


class SignedTotal(PointsError):
    """What the households have together is not the total that was signed in the old book."""

    status = 422
    sentence = N_("签字总数是 %(signed)s 分，逐户加起来是 %(added)s 分，相差 %(difference)s 分。请核对后再交。")


class SignedPageNeeded(PointsError):
    status = 422
    sentence = N_("请附上旧账签字那一页的照片，总数和签名要看得清。")


class OpeningDays(PointsError):
    status = 422
    sentence = N_("公示天数要在 %(least)s 到 %(most)s 天之间，不能比本村定的少。")


class ProposerRelated(OwnHousehold):
    """The second person would be of the proposer's household or kin."""

    sentence = N_("前一步是您自家或亲属办的，按规定回避。请换一位来办。")


class TotalDiffers(PointsError):
    """The second person read another total in the old book than the first one."""

    status = 422
    sentence = N_("您写的总数和录入的对不上。请对着旧账的签字页再看一遍；真的不一样，就退回重录，不要张贴。")


class ObjectedBefore(PointsError):
    """A line takes one objection and its answer; whoever still disagrees goes above the village."""

    sentence = N_("这一户已经有人提过异议，也答复过了。还有意见，请在“投诉建议”里写给乡镇。")


class ExpiryRuleThere(PointsError):
    """A village has one rule of expiry at a time."""

    sentence = N_("本村已经有一条积分到期的规定。要改，请先停用或退回它。")


class ExpiryHang(PointsError):
    """The list hangs within the warning, and as many full days as the village's notices before year's end."""

    sentence = N_("到期清单要在 %(first)s 到 %(last)s 之间张贴，给大家留足时间。")


class AgreedRange(PointsError):
    """Beyond what the signed total leaves: a household with more is dropped, and proposed with a signed page anew."""

    status = 422
    sentence = N_("改后的积分要在 1 到 %(most)s 之间，合计不超过签字的总数。不该有、或该有更多，请选取消，再单独录入。")


# --- paper ------------------------------------------------------------------------------------------------------


class NothingOnSheet(PointsError):
    sentence = N_("这张单子上现在什么也没有，不用印。有了内容再来打印。")


class NotOurPaper(NotFound):
    """No printing has this token."""

    sentence = N_("这张纸不是从这个系统印出来的，或者码没有扫全。请再扫一次；还是不对，就把纸交给村委会。")


# --- council ----------------------------------------------------------------------------------------------------


class NoCouncil(PointsError):
    sentence = N_("本村还没有在任的评议员。请先由管理员提名并确认。")


class SittingOpen(PointsError):
    sentence = N_("第 %(number)s 次评议会还没有结束。请先结束那一次。")


class SittingClosed(PointsError):
    sentence = N_("这次评议会已经结束。没议完的转到下一次。")


class QuorumRange(PointsError):
    status = 422
    sentence = N_("法定到会人数要在 %(least)s 到 %(most)s 之间。")


class NotSummoned(PointsError):
    """The member took office after the sitting was opened."""

    sentence = N_("这次评议会召集时您还不是评议员，从下一次起参加。")


class NotPresent(PointsError):
    sentence = N_("请先点“我到会”，再在会上表态。")


class NoQuorum(PointsError):
    sentence = N_("到会 %(present)s 人，不足法定的 %(quorum)s 人，还不能表决。")


class MotionDecided(PointsError):
    sentence = N_("这项提案已经有结果了。请刷新看看。")


class DayRange(PointsError):
    status = 422
    sentence = N_("“%(what)s”要在 %(first)s 到 %(last)s 之间。")


class NoTerm(PointsError):
    status = 422
    sentence = N_("只有评议员有任期。其他职责请把任期空着。")


class NotBarred(PointsError):
    sentence = N_("这个人现在没有被限制领取，不用解除。")


class Barred(PointsError):
    """The council keeps this person, and nobody else of the household, from collecting goods."""

    sentence = N_("评议会决定：这位领取人到 %(day)s 为止不能领取商品。同户其他人可以领，请改选领取人。")


# --- shop -------------------------------------------------------------------------------------------------------


class OutOfStock(PointsError):
    sentence = N_("%(goods)s库存不够：要 %(wanted)s，只剩 %(left)s。请减少数量。")


class GoodsSpoilt(PointsError):
    """What is left is past its best-before day."""

    sentence = N_("%(goods)s没过期的只有 %(left)s，其余已经过期，不能给村民。请减少数量，并把过期的报损。")


class ReservedPieces(OutOfStock):
    """More would leave the shelf than reservations leave free."""

    sentence = N_("%(goods)s只能动 %(left)s：架上 %(on_hand)s，其中 %(reserved)s 已被预约。请减少数量，或先取消预约。")


class BatchTooSmall(OutOfStock):
    sentence = N_("%(goods)s的这一批只剩 %(left)s，不够 %(wanted)s。请减少数量，或不指定批次。")


class UnitDiffers(PointsError):
    """Goods of the same name in the other shop are counted otherwise."""

    sentence = N_("%(shop)s的%(goods)s按“%(there)s”计，这里按“%(here)s”计，不能直接调拨。请先把单位改成一样的。")


class SameShop(PointsError):
    status = 422
    sentence = N_("调出和调入是同一家店。请选另一家。")


class StocktakeOpen(PointsError):
    sentence = N_("这家店有一次盘点还没有结束。请先数完并批准，或作废那一次。")


class StocktakeOver(PointsError):
    """The stocktake has moved on since the page was shown."""

    sentence = N_("这次盘点已经到了下一步，或已作废。请刷新看看。")


class NothingToCount(PointsError):
    status = 422
    sentence = N_("没有要盘的商品。请先上架商品，或多选几类。")


class CountRange(PointsError):
    status = 422
    sentence = N_("数到的件数要在 0 到 %(most)s 之间。请改好再存。")


class CountedByTwo(PointsError):
    """A third person would count: then who counted could also approve."""

    sentence = N_("这次盘点由%(first)s和%(second)s清点，别人不能再加数。请由其中一位来填。")


class NotAllCounted(PointsError):
    status = 422
    sentence = N_("还有 %(n)s 种没数。请数完，或勾选“没数的这次不盘”。")


class CountBreaksReserved(PointsError):
    """Fewer lie there than reservations and the difference together need."""

    sentence = N_("%(goods)s少了的比能动的还多，有的已被预约。请先处理这些商品的预约，再批准。")


class OutsideShopArea(PointsError):
    sentence = N_("这一户不在本店服务的范围内。请到本村的店兑换。")


class EmptyBasket(PointsError):
    status = 422
    sentence = N_("还没有选商品。请先选好数量。")


class GoodsForbidden(PointsError):
    status = 422
    sentence = N_("积分不能换%(what)s：积分只换日用品。现金、卡券等于发钱，烟酒有害健康，药品要有资质才能卖，不上架。")


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


class ShiftClosed(PointsError):
    """The clerk signed off for today at this till."""

    sentence = N_("您今天在这个柜台已经日结签字，不能再兑换。请明天再来，或换一个柜台、换一位店员。")


class BadShopCode(PointsError):
    status = 422
    sentence = N_("店号要 1 到 8 位字母或数字，例如 SQ01。")


class BadPrice(PointsError):
    status = 422
    sentence = N_("价格要在 1 到 %(most)s 分之间。")


class BadQuantity(PointsError):
    status = 422
    sentence = N_("数量要在 1 到 %(most)s 之间。")


class BadCost(PointsError):
    status = 422
    sentence = N_("%(goods)s的单价要大于 0，不超过 %(most)s 元。捐赠的也请估一个价。")


class BestBeforePast(PointsError):
    status = 422
    sentence = N_("%(goods)s的保质期到 %(day)s，已经过了，不能入库。请核对日期。")


class TooManyLines(PointsError):
    status = 422
    sentence = N_("一张单子最多 %(most)s 行。请分成几张。")


class BadBarcode(PointsError):
    """Its length or check digit is wrong."""

    status = 422
    sentence = N_("“%(code)s”不是完整的商品条码（8、12 或 13 位数字），也可能看错了一位。请再扫一次，或照着改。")


class BarcodeTaken(PointsError):
    """Other goods of the shop carry the barcode."""

    status = 422
    sentence = N_("条码 %(code)s 已经是“%(goods)s”的。请先从那边去掉，或检查是不是同一种商品。")


class GoodsNotYet(PointsError):
    sentence = N_("%(goods)s从 %(day)s 起才能兑换。请先换别的商品。")


class GoodsNoLonger(PointsError):
    sentence = N_("%(goods)s只能兑换到 %(day)s，已经过了。请换别的商品。")


class LimitReached(PointsError):
    """Goods of which a household or a person (*whose*) takes at most so many in a *period*."""

    sentence = N_("%(goods)s限量：%(whose)s%(period)s最多 %(limit)s %(unit)s，还能领 %(left)s %(unit)s。请减少数量。")


class CashChanged(PointsError):
    """What is to be paid in cash is not what the customer was shown; *fen* is what is due now, *yuan* the same."""

    sentence = N_("不够的积分现在要补现金 %(yuan)s 元。请与领取人确认后再交。")


class NoPointsForCash(PointsError):
    sentence = N_("这一户没有可用的积分了。现金只能补不够的部分，至少要付 1 分。")


class PhoneCodeExpired(PointsError):
    sentence = N_("手机码已过期。请领取人刷新手机上的页面，再扫新的码。")


class PhoneCodeUsed(PointsError):
    sentence = N_("这个手机码已经用过一次。请领取人等页面换成新的码，再扫。")


class PhoneCodeElsewhere(PointsError):
    sentence = N_("这个手机码已在别的柜台扫过，在这里不能用。请领取人等页面换成新的码，再扫。")


class CardNeeded(PointsError):
    """A phone's code was shown where the card's PIN speaks for the household."""

    sentence = N_("这里要用卡和取货密码。有手机的村民，在自己手机的“我的”里就能办。")


class ProxyUnlisted(PointsError):
    status = 422
    sentence = N_("代领人不在这一户的名单里。请重新选择。")


class ProxyRevoked(PointsError):
    sentence = N_("这一户已于 %(day)s 撤销对%(name)s的代领授权。请换一个人来领。")


class ProxyExpired(PointsError):
    sentence = N_("%(name)s的代领授权到 %(day)s 为止，已经过期。请这一户重新授权，或换一个人来领。")


class ProxyServes(PointsError):
    """Who stands at the counter or desk, or one of their household or kin, would be the proxy."""

    sentence = N_("经办人自己和家里人、亲属不能当代领人。请换一个人来领，或换一位经办人。")


class ProxyIsMember(PointsError):
    status = 422
    sentence = N_("%(name)s是这一户登记的成员，领取时直接选就行，不用授权。")


class ProxyTwice(PointsError):
    sentence = N_("%(name)s已经可以代领到 %(day)s。要改日期，请先撤销再授权。")


class ProxyUntil(PointsError):
    status = 422
    sentence = N_("代领的期限要在 %(first)s 到 %(last)s 之间。")


class TooManyProxies(PointsError):
    sentence = N_("一户最多同时有 %(most)s 位代领人。请先撤销一位。")


class ReceiptCodeNeeded(PointsError):
    status = 422
    sentence = N_("请先扫这张凭证上的二维码：凭证收回来了才能撤销。")


class OtherReceipt(PointsError):
    status = 422
    sentence = N_("扫到的是另一张凭证。请扫要撤销的这一张。")


class UndoSignedOff(PointsError):
    """The shift of the receipt is signed off and frozen; only the committee may undo it."""

    sentence = N_("这张凭证所在的班次已日结签字，店员不能再撤销。请找村委干部办理。")


class TooManyReservations(PointsError):
    sentence = N_("一户最多同时有 %(most)s 个预约。请先取货，或取消一个。")


class TicketMisread(PointsError):
    status = 422
    sentence = N_("这不是兑换券，或没有读全。请扫券上的二维码，或输入券上的 6 位数字。")


class TicketUnknown(PointsError):
    """Kept in the same transaction that counted the try, as a wrong PIN is."""

    status = 422
    in_place = True
    sentence = N_("没有等着取货的这个号码：可能看错了，也可能已取走、取消或过期。请核对，或扫券上的二维码。")


class TicketElsewhere(PointsError):
    sentence = N_("这张券是在%(shop)s预约的，货留在那里。请到那家店取。")


class TicketCollected(PointsError):
    sentence = N_("这张券已于 %(day)s 取过货，凭证号 %(number)s。一张券只能取一次。")


class TicketCancelled(PointsError):
    sentence = N_("这个预约已于 %(day)s 取消，积分已退回。需要的话请重新预约。")


class TicketExpired(PointsError):
    sentence = N_("这个预约最晚 %(day)s 取货，已经过期，积分会退回。需要的话请重新预约。")


class ReservationNamesMember(PointsError):
    """A reservation is for somebody of the household."""

    status = 422
    sentence = N_("预约的人不是这一户登记的成员。请重新选择。")


class CardOfOthers(PointsError):
    sentence = N_("这张卡不是预约的那一户的。请用那一户的卡。")


class CountedFen(PointsError):
    status = 422
    sentence = N_("点到的现金要在 0 到 %(most)s 元之间。")


class CountedPieces(PointsError):
    status = 422
    sentence = N_("抽点的商品每样都要填点到的件数，0 到 %(most)s。")


class SampleChanged(PointsError):
    """Something was sold since the page was shown, and other goods are to be counted."""

    sentence = N_("刚才又有兑换，要抽点的商品变了。请按下面新的清点。")


class HandoverToday(PointsError):
    sentence = N_("只有当天的班才能交给别人。以前的请直接日结签字。")


class NotTheNextClerk(PointsError):
    status = 422
    sentence = N_("接班的要是本店另一位已确认的店员。请重新选择。")


class ShopStillHolds(PointsError):
    sentence = N_("还有 %(n)s 个预约没有取，最早的要在 %(day)s 以前取。请等取完，或先取消，再停业。")


class ShopUnsigned(PointsError):
    sentence = N_("还有 %(n)s 个班没有日结签字，最早的是 %(day)s 第 %(till)s 柜台的%(clerk)s。请先签字，再停业。")


class HoldDays(PointsError):
    status = 422
    sentence = N_("预约保留天数要在 1 到 %(most)s 之间。")


class HoursBackward(PointsError):
    status = 422
    sentence = N_("%(day)s的关门时间要晚于开门时间。")


class HoursOverlap(PointsError):
    status = 422
    sentence = N_("%(day)s有两段时间重叠了。请改成前后分开。")


class VanNeedsPlace(PointsError):
    status = 422
    sentence = N_("流动售货车要选到哪个村，村要在本店的服务范围内。")


class WrongLockPin(PointsError):
    status = 422
    sentence = N_("解锁密码不对。请再输一次；忘了就退出，用用户名和密码重新登录。")


class VotesFull(PointsError):
    sentence = N_("您家已经想要 %(most)s 样了。请先去掉一样，或等村里答复。")


# --- fund, complaints -------------------------------------------------------------------------------------------


class FundAmount(PointsError):
    status = 422
    sentence = N_("金额要大于 0，不超过 %(most)s 元。")


class InsufficientFund(PointsError):
    """Money would be spent that is not there, or is promised to something else; both in yuan."""

    sentence = N_("基金不够：要 %(needed)s 元，可用 %(left)s 元。请先记下收入，或减少金额。")


class EntryCancelled(PointsError):
    sentence = N_("这一笔已经冲销过，不能再冲一次。")


class EntryCancels(PointsError):
    sentence = N_("冲销本身不能再冲销。请另记一笔。")


class EntryPays(PointsError):
    """What paid a settlement stays: the settlement says paid."""

    sentence = N_("这一笔是结算付款，不能冲销。钱退回来了，请另记一笔收入。")


class NotContracted(PointsError):
    sentence = N_("这家店是本村自有的，不用结算。签约店请先在店铺资料里勾选。")


class Unsettled(PointsError):
    """A shop would become contracted, or no longer be so, with receipts that are in no settlement."""

    sentence = N_("这家店还有兑换没有结算，现在改签约会多付或漏付。不再签约请先结清；自有的店要签约，请另开一家。")


class MonthNotOver(PointsError):
    sentence = N_("%(month)s还没有过完，月底以后才能结算。")


class NothingToSettle(PointsError):
    """Nothing was redeemed, or more was undone: what there is waits for the next month."""

    sentence = N_("到这个月底没有可结的：没有新的兑换，或撤销的比兑换的多。留到下个月一起结。")


class SettledAlready(PointsError):
    sentence = N_("这家店这个月的结算单已经有了。请直接打开那一张。")


class NotSigned(PointsError):
    sentence = N_("店方和村里都签字以后才能付款。")


class SignedByBoth(PointsError):
    sentence = N_("双方都签过字了，不能作废。有错请在下一张里冲减。")


class BeyondCover(PointsError):
    """The points held and promised would be worth more than the village allows of what stands behind them."""

    sentence = N_(
        "超过了本村定的积分上限：基金和存货的 %(percent)s%%。现在最多还能给 %(left)s 分。请改分、退回，或先筹措资金。"
    )


class ComplaintsFull(PointsError):
    """So many came in one day without sign-in that more would only drown them."""

    status = 429
    sentence = N_("今天网上收到的已经很多。请写在纸上交给乡镇，或打电话，一样会答复。")


# --- one file with everything -----------------------------------------------------------------------------------


class ArchiveBroken(PointsError):
    """No archive, or one that was cut off, damaged or changed; *member* is where that shows."""

    status = 422
    sentence = N_("这不是完整的数据包，“%(member)s”读不了或对不上校验值。什么也没有装入。")


class ArchiveDiffers(PointsError):
    """What was loaded is not what the archive says, or does not pass the audit."""

    sentence = N_("装入以后核对不符（%(what)s），已经全部退回，什么也没有装入。")


class OtherSchema(PointsError):
    sentence = N_(
        "数据包的数据库版本是 %(theirs)s，本程序的是 %(ours)s。"
        "请先用 %(program)s 版的程序装入，再升级程序，运行 points migrate。"
    )


class BackupBroken(PointsError):
    """A copy of a SQLite database that SQLite itself calls damaged."""

    status = 422
    sentence = N_("备份“%(name)s”读不了或已损坏（%(what)s）。什么也没有留下。")


class NotABackup(PointsError):
    status = 422
    sentence = N_("这个文件不是本系统的备份，也不是数据包。")


class BackupElsewhere(PointsError):
    sentence = N_(
        "这是 SQLite 的备份，不能直接装进 PostgreSQL。"
        "请先把它恢复成 SQLite，再用 points export 和 points import 搬过去。"
    )


class NewerSchema(PointsError):
    sentence = N_("备份的数据库版本 %(theirs)s 比本程序新。请先升级程序。")


class Unmigrated(PointsError):
    sentence = N_("数据库还没有准备好。请先运行 points migrate。")


class DatabaseNotEmpty(PointsError):
    sentence = N_("数据库里已经有数据。只能装进空的数据库，请另建一个。")


class NotOnLoopback(PointsError):
    sentence = N_("数据库不在本机。样板数据只往本机的空数据库里填；确实要填，请加 --yes。")


class FileIsThere(PointsError):
    sentence = N_("“%(name)s”已经存在，不会覆盖。请换一个文件名。")


class UnknownVillage(PointsError):
    status = 404
    sentence = N_("没有叫“%(name)s”的村，或者不止一个。请用它的编号。")
