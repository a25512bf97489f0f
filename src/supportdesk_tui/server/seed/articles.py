"""The help centre, in English and Chinese."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Article:
    """One article: (title, body) in each language."""

    en: tuple[str, str]
    zh: tuple[str, str]


ARTICLES = (
    Article(("Why is my withdrawal pending?", "A withdrawal passes review, signing and broadcast. When a TXID is shown it has left us; the network confirms it."),
            ("提现为什么一直处理中?", "提现依次经过审核、签名、广播。出现交易哈希即表示已从本平台发出,等待区块确认。")),
    Article(("My deposit was not credited", "Check the network and the confirmations. Send us the TXID. A deposit without memo is credited by hand within five days."),
            ("充值未到账怎么办?", "请核对网络与确认数,并提供交易哈希。漏填Memo/Tag的充值将在5天内人工入账。")),
    Article(("I sent to the wrong network", "Deposits on another network may be recovered when the address is ours. Recovery takes five working days and may cost a fee."),
            ("充错网络", "若地址属于本平台,充错网络的资产有机会找回,约需5个工作日,可能收取手续费。")),
    Article(("Is this message really from Harbor?", "We never ask for passwords, codes or recovery phrases. Check the anti-phishing code in every mail."),
            ("如何辨别官方消息真伪", "我们绝不会索要密码、验证码或助记词。请核对邮件中的防钓鱼码。")),
    Article(("My account was compromised", "Freeze it in Security > Emergency, change your password from a clean device and contact support."),
            ("账户被盗如何紧急处理", "请在「安全-紧急冻结」立即冻结,使用安全设备改密,并联系客服。")),
    Article(("I lost my authenticator", "Reset two-factor with a selfie and an identity document. Withdrawals wait 24 hours afterwards."),
            ("丢失谷歌验证器", "使用自拍与证件重置双重验证,重置后24小时内不可提现。")),
    Article(("24-hour withdrawal hold", "After a change of password, two-factor or e-mail, withdrawals wait 24 hours."),
            ("改密后24小时提现限制", "修改密码、验证器或邮箱后,24小时内不可提现。")),
    Article(("Identity verification was rejected", "Usual reasons: blurred photo, expired document, name mismatch. Take a new photo in daylight."),
            ("身份认证被拒原因", "常见原因:照片不清晰、证件过期、姓名不一致。请在自然光下重新拍摄。")),
    Article(("Limits by identity level", "Level 1: 2,000 USDT a day. Level 2: 100,000. Level 3: on request."),
            ("各认证等级提现额度", "一级每日2000 USDT,二级100000 USDT,三级可申请。")),
    Article(("How liquidation works", "A position is closed when its margin ratio reaches maintenance margin at the mark price, not the last price."),
            ("强平机制说明", "当保证金率按标记价格触及维持保证金时仓位会被强平,而非最新成交价。")),
    Article(("Funding rate and spread", "Funding is exchanged every eight hours between long and short positions."),
            ("资金费率说明", "资金费用每8小时在多空双方之间结算。")),
    Article(("Trading fees", "Spot 0.10 %, futures 0.02 % maker and 0.05 % taker; lower with VIP tiers."),
            ("交易手续费", "现货0.10%,合约挂单0.02%、吃单0.05%,VIP等级越高越低。")),
    Article(("P2P: the seller does not release", "Upload the payment proof and open a dispute after 15 minutes. Never cancel after you paid."),
            ("P2P卖家不放币", "请上传付款凭证,15分钟后可发起申诉。付款后切勿取消订单。")),
    Article(("Bank transfer is delayed", "Transfers take one to three working days; the name on the account must match yours."),
            ("银行转账延迟", "银行转账需1-3个工作日,账户姓名须与认证姓名一致。")),
    Article(("API: signature or timestamp error", "Synchronise your clock; recvWindow is 5,000 ms. Sign the exact query string."),
            ("API签名或时间戳错误", "请同步本地时间,recvWindow为5000毫秒,按原始参数串签名。")),
    Article(("API rate limits", "20 requests a second for each key; 429 carries Retry-After."),
            ("API频率限制", "每个Key每秒20次,超限返回429与Retry-After。")),
    Article(("Flexible and locked earn", "Flexible products are redeemed at once; locked ones at the end of their term."),
            ("活期与定期理财", "活期可随时赎回,定期到期后返还。")),
    Article(("App crashes or shows a black screen", "Update to the newest version, clear the cache, and send us device, version and time."),
            ("App闪退或黑屏", "请更新到最新版本并清除缓存,仍有问题请提供机型、版本与时间。")),
    Article(("Account restricted: how to appeal", "Send the restriction code with proof of funds. The review has stages and takes up to seven days."),
            ("账户受限申诉", "请提供限制代码与资金证明,审核分阶段进行,最长7天。")),
    Article(("How to complain", "Write to support with the case number; you get a written answer within three days."),
            ("如何投诉", "请附工单号联系客服,三天内书面答复。")),
)  # fmt: skip
