"""What customers write while somebody works on their matter."""

NUDGES: dict[str, dict[str, tuple[str, ...]]] = {
    "zh": {
        "FND": ("审核有结果了吗?我今天真的急用。", "刚看了还是没动,能帮我再催一下吗?", "我把新手机设为可信设备了,这样会快一点吗?", "财务又来问我了,大概几点能出?"),
        "DEP": ("刚刷新了,余额还是没变。", "对方平台说已经完全确认了,截图可以发您。", "需要我再提供什么吗?", "归集做了吗?"),
        "SEC": ("我又收到一条验证码,不是我点的!", "邮箱密码已经改好了。", "除了冻结还需要我做什么?"),
        "ACC": ("自拍又失败了,提示光线不足。", "换了个房间再试,还是不行。", "能不能改用身份证核验?"),
        "KYC": ("重新拍了一张,没有反光了,请看看。", "审核到哪一步了?"),
        "P2P": ("卖家刚回复说要再等半小时,我能取消吗?", "他把我拉黑了!", "回单您看到了吗?"),
        "TEC": ("更新了还是闪退,日志要发给您吗?", "刚才又黑屏一次,时间是整点。"),
        "": ("还在吗?", "有进展了吗?", "我再补充一下:昨天还是正常的。", "请尽快处理,谢谢。", "那我先等您消息。"),
    },
    "en": {
        "FND": ("Any word from the reviewers? I really need it today.", "Still the same status here. Could you push once more?", "I marked the new phone as trusted, does that help?"),
        "DEP": ("Reloaded just now, balance unchanged.", "The sender says it is final on their side.", "Do you need anything else from me?"),
        "SEC": ("I got another code I did not ask for!", "Mail password is changed.", "What else should I do besides the freeze?"),
        "API": ("Same error on the second key.", "I can send a longer trace if that helps."),
        "": ("Any news on this?", "Still waiting.", "One more thing: it worked fine yesterday.", "Could somebody please look?", "Ok, I wait for your message."),
    },
    "ja": {"": ("その後いかがでしょうか。", "まだ反映されていません。", "追加で必要な情報はありますか。")},
    "ko": {"": ("진행 상황이 궁금합니다.", "아직 입금이 안 됐어요.")},
    "ru": {"": ("Есть новости?", "Деньги так и не пришли.", "Что ещё нужно от меня?")},
    "es": {"": ("¿Hay novedades?", "Sigo esperando, por favor.", "¿Necesitan algo más de mi parte?")},
    "fr": {"": ("Avez-vous des nouvelles ?", "Toujours rien reçu.")},
    "vi": {"": ("Có tin gì chưa?", "Tôi vẫn chưa nhận được tiền.")},
    "tr": {"": ("Bir gelişme var mı?", "Hâlâ bekliyorum.")},
}  # fmt: skip
"""What somebody who waits writes, by language and category."""
THANKS = {
    "zh": ("好的,谢谢!", "收到,谢谢您。", "明白了,辛苦了。"), "en": ("Thank you!", "Got it, thanks.", "Great, that helps."), "ja": ("ありがとうございます。",),
    "ko": ("감사합니다.",), "ru": ("Спасибо!",), "es": ("¡Gracias!",), "fr": ("Merci !",), "vi": ("Cảm ơn bạn.",), "tr": ("Teşekkürler.",),
}  # fmt: skip
ANSWERS = {
    "zh": ("好的,谢谢!那我等您消息。", "明白了,大概几点能好?", "收到,谢谢您这么快回复。"), "en": ("Thanks for the quick answer, I will wait.", "Understood. When roughly?", "Ok, thank you!"),
}  # fmt: skip
"""What somebody writes who has just been answered."""
HUMAN = {"zh": "转人工!", "en": "human please"}
BURST = {"zh": ("在吗", "喂", "我的钱呢"), "en": ("hello?", "anyone", "where is my money")}
