"""The customers who break software, by accident or not; every text here is something a real desk has been sent."""

from supportdesk_tui.server.seed.customers import EdgeCustomer

_LOG = "\n".join(
    f"2026-08-17T09:{line // 60 % 60:02d}:{line % 60:02d}Z ERROR ws.feed reconnect attempt={line} code=1006 pair=BTC/USDT"
    for line in range(3_000)
)

EDGES: tuple[EdgeCustomer, ...] = (
    EdgeCustomer("欧阳" + "龙凤呈祥福寿康宁" * 4 + "司马上官诸葛", "zh", "KYC", "姓名太长,认证页面无法提交", ("我的姓名有四十个字,认证页面只让填二十个字,怎么办?",), plot="pending"),
    EdgeCustomer("\u200fمحمد عبد الرحمن\u200f", "en", "ACC", "لا أستطيع الدخول — cannot log in", ("مرحبا، لا أستطيع تسجيل الدخول منذ أمس. My login fails: \u202etxt.exe\u202c",), plot="lost_sms", answer="We see failed codes on your number and have switched the route. Please try once more and tell me."),
    EdgeCustomer("👨‍👩‍👧‍👦 The Parkers 🏳️‍🌈", "en", "USE", "Family account? 👩🏽‍💻👨🏿‍🔧🇭🇰", ("Can we share 1️⃣ account? 👨‍👩‍👧‍👦 We are 4 👩🏽‍🦰👨🏻‍🦱 ❤️‍🔥",)),
    EdgeCustomer("Greta Lindqvist", "en", "API", "Log attached below (long)", (f"Your websocket drops all the time. Full log:\n{_LOG}",), tags=("bug",)),
    EdgeCustomer("[/x] [@click=app.quit]quit[/]", "en", "TEC", "[/x] [bold red]URGENT[/bold red] [[]] [link=https://evil.example]here[/link]",
                 ("[/] [/x] [@click=app.bell]click me[/] \\[b] {name} %s $(rm -rf ~) <script>alert(1)</script>",)),
    EdgeCustomer("Esc \x1b]0;owned\x07 Ape", "en", "SEC", "\x1b[31mred\x1b[0m \x1b]52;c;cm0gLXJmIH4=\x07 subject",
                 ("\x1b]0;owned\x07\x1b[2J\x1b[1;1HYour session has expired. Password: \x1b[8m\x00\x7f\x9b31m\u0085\u2028end",), plot="phishing", answer="Thank you for the report. This page is not ours; we have paused withdrawals to be safe."),
    EdgeCustomer("Rapid Rita", "en", "FND", "where is it where is it", tuple(f"hello? {n}" if n % 7 else "WHERE IS MY MONEY" for n in range(60)), plot="review"),
    EdgeCustomer("王强与李娜", "zh", "SEC", "这个账户是我们两个人在用", ("我是王强。刚才那个说要改密码的是我太太,请不要改!", "我是李娜,账户是我的,请马上修改密码,不要听他的。"), plot="intrusion", answer="为了安全,账户已暂时冻结。请账户实名本人完成视频核验,我们只与本人沟通。"),
    EdgeCustomer("Jonas Berg (2nd account)", "en", "FRZ", "My three accounts", ("I have three accounts, uid ends 001, 002 and 003. Why is only one restricted?",), (("mule_pattern", "risk engine"),), answer="Each account is looked at alone. The restricted one needs proof of funds; I have told Risk about the other two."),
    EdgeCustomer("Dorothy Quill", "en", "ACC", "I am deaf, text only please", ("I am deaf. Please never call me; the form keeps demanding a phone call to reset 2FA.",), (("vulnerable_customer", "agent"),), ("text-only",), "lost_app", "Nobody will call you. I reset it with a selfie and a written check; everything stays in this ticket."),
    EdgeCustomer("Tyler", "en", "KYC", "my dads passport", ("hi im 15 can i use my dads passport for the kyc he said its ok",), (("minor_suspect", "agent"),), ("minor",), "pending", "Thanks for being honest, Tyler. You need to be 18 for an account of your own, so please do not send the passport."),
    EdgeCustomer("Margaret Ellison", "en", "ACC", "My late husband's account", ("My husband passed away in May. I have the death certificate. I do not know what to do about his account.",), (), ("grief",), "plain", "I am very sorry for your loss. I will look after this myself; there is no hurry, and you need nothing but the certificate."),
    EdgeCustomer("Z̸̢͎̈́a̵̛̤l̷̰̈́g̴̱̈́o̶̡̚", "en", "CMP", "H̵̢̛̫e̸̳̿ ̷̜́c̴̭̀o̶̗͠m̵̱̔e̸̺͝s̶̬̈́", ("c̷̡̛̭̥͎̺̖͈̊̾͑o̶̢̧͙̫̥̩͒m̸̢̛̘͙̘̂̈p̶̡̛̙̖̂̕l̸̨͚͐a̵͖̐i̷̡͝n̵̯̎t̶͇̀",)),
    EdgeCustomer("林小雨", "zh", "SEC", "助记词发给你们客服了", ("有人自称官方客服让我发助记词: abandon ability able about above absent absorb abstract absurd abuse access accident,是真的吗?",), (("scam_victim_report", "customer"),), ("phishing",), "phishing", "那不是我们的人,助记词请视为已泄露:请立刻把该钱包里的资产转到新钱包。我已暂停您账户的提现。"),
)  # fmt: skip
