"""The few conversations that went on for days: files, handovers, quoted mail and a log in the middle."""

from supportdesk_tui.server.seed.thread import Thread

_LOG = "\n".join(
    f"2026-08-17T{8 + line // 60:02d}:{line % 60:02d}:{line * 7 % 60:02d}.{line * 37 % 1000:03d}Z "
    f"{'ERROR ws.order timeout after 5000ms' if line % 9 == 0 else 'INFO  ws.ping rtt=' + str(20 + line * 13 % 180) + 'ms'} seq={88_120 + line}"
    for line in range(220)
)
LONG: dict[str, Thread] = {
    "long_credit": Thread(
        "DEP", ("第五次问:{amount} {coin}充值还没入账",),
        ("您好,{hours}小时前从冷钱包充了{amount} {coin}({network}),浏览器显示成功,账户里没有。TXID {txid}",),
        (("您好,我是李薇,这笔我来跟。链上已确认,我查一下为什么没入账。",), ("好的,谢谢。这笔是给员工发工资用的。",), ("明白。地址是您2023年生成的旧地址,系统不再自动归集,需要钱包组手动处理。",),
         ("为什么旧地址不提前通知?App里复制出来的就是这个。",), ("您说得对,地址簿里确实没有提示,我已登记为产品问题。请把充值页截图发我,我附到工单。",), ("截图在附件,两张。",),
         ("收到。钱包组已受理,今晚8点前归集。",), ("已经8点20了。",), ("抱歉,归集排在批次后面,我刚和钱包组通了电话,他们正在签名。",), ("我需要一个准确时间,财务明早9点要打款。",),
         ("今天24小时内必到,夜班由林梅接手,她会在到账后通知您。",), ("林梅您好,现在怎么样了?",), ("您好,我是林梅。归集交易已签名,等{network}确认后入账,我每小时看一次。",), ("好,我没睡,等着。到账了麻烦发一张流水,财务要用。",)),
        plot="long_credit", files={6: ("screenshot.png", "withdrawal-page.png")},
        asides={0: (("system", "Li Wei assigned this to Li Wei"),), 3: (("note", "旧地址 2023-04 生成,归集名单里没有。已给 wallet-ops 建任务。"),), 7: (("system", "Li Wei escalated this to Wallet-Ops"),),
                11: (("note", "交班:客户情绪尚可,已两次逾期,请务必按时回复。充值截图在附件。"), ("system", "Li Wei handed this to Mei Lin")), 13: (("system", "Mei Lin handed this to Li Wei"),)},
    ),
    "long_review": Thread(
        "FND", ("{amount} {coin} withdrawal, third review in a week",),
        ("Hello, {order} over {amount} {coin} is in review again. That is the third time this week. What do you look for?",),
        (("Good morning, Dmitri here. It is the new phone: until it is trusted, larger amounts are checked by hand.",), ("I trusted it on Monday. Screenshot attached.",), ("You did, I can see it. The check did not pick that up; I have asked Risk why.",),
         ("Any answer from Risk?",), ("Not yet. They see the phone as trusted since Tuesday, the withdrawal was made on Monday evening.",), ("So I wait because of your time zones?",),
         ("In short, yes, and it should not be like that. I have asked for an exception.",), ("> I have asked for an exception.\n\nIt is Thursday. My supplier has written twice. I forward his mail:\n\n> From: accounts@supplier.example\n> We still miss the payment for order 4471.\n> Please settle by Friday, or we release the slot.",),
         ("Thank you for forwarding it, I added it to the case as a reason. You hear from me within two hours.",), ("It has been three.",), ("Risk has accepted the exception for {address}; one signature is missing.",), ("> one signature is missing\n\nWhose?",)),
        plot="long_review", files={2: ("screenshot.png",), 8: ("withdrawal-page.png",)},
        asides={0: (("system", "Дмитрий Орлов assigned this to Дмитрий Орлов"),), 3: (("note", "Device trusted Mon 21:40 local, withdrawal 21:12. Rule is right by the letter, wrong by the person."),), 5: (("system", "Дмитрий Орлов escalated this to Risk"),), 9: (("note", "Supplier's mail is genuine as far as I can tell. Please hurry."),)},
    ),
    "long_log": Thread(
        "API", ("Order socket times out every nine messages, {request}",),
        ("Our order socket times out since {clock}, code {code}. It comes in a pattern, every ninth message. {request}",),
        (("Hello, that is a good observation. Could you send a few minutes of your client log?",), (f"Here it is, 220 lines, keys removed:\n\n{_LOG}",), ("Thank you. The gaps match a balancer that was changed this morning. I have raised it with Platform.",),
         ("Is there a workaround?",), ("Please use the second host in the docs until then; it is not behind that balancer.",), ("Works so far. What do I tell my boss about the cause?",), ("Platform expects a fix tonight; you get a written cause within 24 hours.",), ("Fine. The app.log of the second host is attached, one timeout in there as well.",)),
        files={8: ("app.log",)}, asides={2: (("note", "Pattern: every 9th, 5,000 ms. Same as two other market makers."),), 3: (("system", "Дмитрий Орлов set tag bug"),)},
    ),
}  # fmt: skip
