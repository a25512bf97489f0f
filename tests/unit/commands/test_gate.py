"""The send gate: what it finds, in English and Chinese, and what it lets pass without a word."""

import pytest
from msgspec.structs import replace

from supportdesk_tui.commands.gate import Finding, Letter, findings, said_quotes
from supportdesk_tui.commands.gate_rules import LEADS, RULES, SECRETS, SWITCHABLE, Kind, Policy, Remedy
from supportdesk_tui.commands.gate_words import when_of
from supportdesk_tui.commands.times import parse_when
from supportdesk_tui.config.schema import GATE_KINDS, GATE_LISTS, GATE_REMEDIES
from supportdesk_tui.domain.conversation import EntryKind
from supportdesk_tui.domain.ids import AgentId
from supportdesk_tui.domain.people import Role
from supportdesk_tui.text import secrets
from tests import make

HOSTS = ("harbor-exchange.example", "help.harbor-exchange.example")
CARD = "4111 1111 1111 1111"
PHRASE = "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about"
PEM = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n-----END PRIVATE KEY-----"


def met(text: str, policy: Policy = Policy(), **letter: object) -> list[Kind]:  # noqa: B008  frozen
    """Kinds of what is found."""
    return [one.kind for one in found(text, policy, **letter)]


def found(text: str, policy: Policy = Policy(), **letter: object) -> tuple[Finding, ...]:  # noqa: B008  frozen
    one = Letter(text, language="en", link_hosts=HOSTS, agents=("Mei Lin", "陈静"), customer_uid="83920174", role=Role.L1)
    return findings(replace(one, **letter), policy)


@pytest.mark.parametrize(
    "text",
    [
        "Hi Ana, your withdrawal of 1,200.50 USDT is on the TRC20 network. Its TXID is " + "ab" * 32 + ".",
        "It arrived at 14:03; order 4111111111111112 is complete. See https://help.harbor-exchange.example/a/1?x=2",
        "Please send me a screenshot of the page, and the time in your zone.",
        "You can attach it here, or upload the file under Security.",
        "Withdrawals usually arrive within 30 minutes.",
        "Please answer within 3 days, otherwise the case closes.",
        "You will need 2 minutes and your passport for it.",
        "It usually takes 2 hours; withdrawals take 10 minutes.",
        "We cannot advise you on what to buy or sell.",
        "An internal transfer between two accounts of ours costs nothing.",
        "Coins sent before yesterday were credited within 2 hours.",
        "ok",
        "",
    ],
)
def test_ordinary_english_passes_without_a_word(text: str) -> None:
    assert met(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "您好，您提现的 1200.50 USDT 已经在 TRC20 链上，交易哈希 " + "ab" * 32 + "，请放心。",
        "内部转账不收手续费，实时到账。",
        "请提供一张能看到时间的截图，并把附件上传到工单。",
        "提现一般在30分钟内到账，请您耐心等待。",
        "收到您的回复后，我们不能提供投资建议。",
        "好的",
    ],
)
def test_ordinary_chinese_passes_without_a_word(text: str) -> None:
    assert met(text, language="zh") == []


@pytest.mark.parametrize("text", ["Until ⟦time⟧ then", "half ⟦deleted", "other half⟧"])
def test_an_open_blank_is_never_sent_and_the_fix_leads_to_it(text: str) -> None:
    (one,) = found(text)
    assert (one.kind, one.remedy) == (Kind.BLANK, Remedy.NEVER)
    assert one.fix is not None
    start, length = map(int, one.fix.args)
    assert text[start : start + length] in one.quotes


@pytest.mark.parametrize(
    ("text", "more"),
    [
        (" ".join(f"⟦{name}⟧" for name in ("name", "time", "coin", "coin", "hash", "day")), "and 2 more"),
        ("\n".join(["key 4111 1111 1111 1111"] * 5), "and 2 more"),
        ("⟦name⟧ ⟦time⟧ ⟦coin⟧", ""),
    ],
)
def test_what_is_not_shown_of_a_finding_is_counted(text: str, more: str) -> None:
    (one,) = found(text)
    quotes = said_quotes(one, lambda said, values: said.format_map(dict(values)))
    assert len(quotes) == 3 + bool(more)
    assert quotes[3:] == ((more,) if more else ())


@pytest.mark.parametrize("text", [PHRASE, PEM])
@pytest.mark.parametrize("role", [None, *Role])
@pytest.mark.parametrize("is_note", [False, True])
def test_what_empties_a_wallet_is_never_sent_by_anybody(text: str, role: Role | None, is_note: bool) -> None:
    loose = Policy(kinds={"unsendable": "off", "secret": "off"})
    grave = [one for one in found(f"Here: {text}", loose, role=role, is_note=is_note) if one.kind is Kind.UNSENDABLE]
    assert [one.remedy for one in grave] == [Remedy.NEVER]
    assert grave[0].advice
    assert "abandon" not in repr(grave)
    assert "MIIE" not in repr(grave)


def test_a_card_number_needs_a_reason_and_is_never_quoted() -> None:
    (one,) = found(f"Your card\n{CARD} was charged")
    assert (one.kind, one.remedy) == (Kind.SECRET, Remedy.REASON)
    assert "4111" not in repr(one)
    assert said_quotes(one, lambda text, values: text.format_map(dict(values))) == ("card number in line 2",)
    assert met(f"note: {CARD}", is_note=True) == [Kind.SECRET]


def test_every_kind_of_secret_has_words() -> None:
    assert set(SECRETS) == {kind.value for kind in secrets.Kind}


@pytest.mark.parametrize("text", ["write to ana.silva@mail.example", "call +86 138 0000 1111", "UID 83920174", CARD])
@pytest.mark.parametrize("role", list(Role))
def test_private_things_on_a_public_thread_are_a_leads_decision(text: str, role: Role) -> None:
    (one,) = found(f"Hello, {text} please", Policy(kinds={"public": "off"}), is_public=True, role=role)
    assert one.kind is Kind.PUBLIC
    assert one.remedy is (Remedy.REASON if role in LEADS else Remedy.NEVER)
    assert text.rsplit(maxsplit=1)[-1] not in repr(one.quotes)
    assert Kind.PUBLIC not in met(text, is_public=False)


def test_our_own_address_may_stand_on_a_public_thread() -> None:
    assert met("Write to help@harbor-exchange.example, or come into a private message.", is_public=True) == []


@pytest.mark.parametrize(
    "text",
    [
        "Do not tell the customer that risk looks at it.",
        "INTERNAL: mule pattern",
        "@mei can you look?",
        "@Mei.Lin take over",
        "该客户账户有风险标记",
        "别告诉客户还在审核",
        "内部：已上报风控",
        "@陈静 看一下",
    ],
)
def test_words_for_colleagues_are_found_in_a_reply_and_nowhere_else(text: str) -> None:
    assert met(text, language="") == [Kind.NOTE_WORDS]
    assert met(text, is_note=True) == []
    assert met(f"> {text}\nThank you.", language="") == [], "quoted words are the customer's"


@pytest.mark.parametrize(
    ("text", "wanted", "met_"),
    [
        ("Thank you for your patience, we have found the deposit and you will see it soon.", "zh", "en"),
        ("您好，您的充值我们已经找到了，很快就会到账，请放心。", "en", "zh"),
        ("ご連絡ありがとうございます。入金を確認しましたので、まもなく反映されます。", "zh", "ja"),
        ("您好，您的充值我们已经找到了，很快就会到账，请您放心等待。", "ja", "zh"),
        ("Здравствуйте, ваш перевод найден и скоро будет зачислен.", "en", "ru"),
        ("안녕하세요, 고객님의 입금을 확인했으며 곧 반영될 예정입니다.", "zh", "ko"),
        ("Gracias por su paciencia, hemos encontrado el depósito y en una hora lo verá en su cuenta.", "en", "es"),
        ("Thank you for your patience, we have found the deposit and you will see it in your account.", "es", "en"),
        ("We have it and you will see it.", "zh", "en"),
        ("You have it now, and we are sorry.", "ja", "en"),
        ("Lo siento, no está en la red de su.", "ru", "es"),
        ("We have found it.\nIt arrives today, we have.", "zh", "en"),
        ("Please try again now", "zh", "en"),
        ("It’s done now, thanks", "ko", "en"),
        ("Sorry for the delay", "zh", "en"),
        ("Your case is closed.", "ja", "en"),
        ("Withdrawal refunded, please check", "zh-CN", "en"),
        ("refund sent out today", "zh", "latin"),
        ("fee waived as promised", "zh", "latin"),
        ("Merci pour votre patience", "zh", "fr"),
        ("好的", "en", "zh"),
        ("请稍等", "en-GB", "zh"),
        ("已处理，请查收", "en", "zh"),
        ("您的提现 USDT 已到账", "es", "zh"),
        ("인출이 곧 완료됩니다", "en", "ko"),
        ("Bonjour, nous avons trouvé votre dépôt et il est visible dans votre compte avec les autres.", "de", "fr"),
    ],
)
def test_another_language_than_the_customers_is_found(text: str, wanted: str, met_: str) -> None:
    language = [one for one in found(text, language=wanted) if one.kind is Kind.LANGUAGE]
    assert [dict(one.values)["met"] for one in language] == [met_]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("OK, done!", "zh"),
        ("Thank you", "zh"),
        ("Sent from my iPhone", "zh"),
        ("Google Authenticator", "zh"),
        ("USDT on Tron network", "zh"),
        ("Li Wei\nHarbor Exchange Support", "zh"),
        ("Harbor Exchange Support Center Official Telegram Channel Name", "zh"),
        ("report.pdf invoice.xlsx statement.csv terms.doc", "zh"),
        ("wallet-ops fnd_delay li.wei@harbor.example `git pull the tag`", "zh"),
        ("bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq", "zh"),
        ("Settings > Security > Withdrawal Addresses", "zh"),
        ("陈静", "en"),
        ("欧阳静怡", "en"),
        ("中国工商银行", "en"),
        ("Hello 陈静, we have found it", "en"),
        ("Please ask Bank of China (中国银行) about it", "en"),
        ("We have it and you will see it 谢谢", "zh"),
        ("We have it and you will see it.", "de"),
        ("USDT TRC20 TXID 0x12ab34 BTC ETH HX-260817-000001", "zh"),
        ("您的 iPhone 15 Pro Max 上 Harbor Exchange App 的 Google Authenticator 需要重新绑定。", "zh"),
        ("https://help.harbor-exchange.example/articles/how-to-withdraw-your-coins-safely", "zh"),
        ("ご連絡ありがとうございます。入金を確認しました。", "ja"),
        ("Thank you for your patience, we have found the deposit.", "sv"),
        ("Thank you for your patience, we have found the deposit.", ""),
        ("Merci, nous avons trouvé le dépôt (TXID 0xabcdef) sur le réseau Ethereum Classic.", "fr"),
        ("> Thank you for your patience, we have found the deposit and you will see it soon.\n好的，明白。", "zh"),
        ("გამარჯობა, თქვენი თანხა გზაშია ახლა", "ka"),
    ],
)
def test_short_mixed_and_fitting_texts_are_in_no_other_language(text: str, wanted: str) -> None:
    assert Kind.LANGUAGE not in met(text, language=wanted)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("I have attached the statement.", "en"),
        ("I will send the attached file to the team, too.", "en"),
        ("Please see the screenshot below.", "en"),
        ("The steps are in the attachment.", "en"),
        ("详见附件。", "zh"),
        ("操作步骤截图如下。", "zh"),
        ("说明已附上。", "zh"),
    ],
)
def test_a_file_that_is_spoken_of_but_missing_is_found(text: str, language: str) -> None:
    (one,) = found(text, language=language)
    assert one.kind is Kind.FILE
    assert one.fix is not None
    assert one.fix.command == "composer.attach"
    assert met(text, language=language, has_files=True) == []


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/login",
        "http://harbor-exchange.example.evil.com/",
        "https://harbor-exchange.example@evil.com/a",
        "https://harbor-exchange.example:443@evil.com",
        "https://harbоr-exchange.example/",
        "www.harbor-exchange.com",
        "bit.ly.co/abc",
        "evil.com/path",
    ],
)
def test_a_link_to_a_stranger_is_found(link: str) -> None:
    (one,) = found(f"Please look at {link} for more")
    assert (one.kind, one.quotes) == (Kind.LINK, (link,))
    assert met(f"Please look at {link} for more", link_hosts=()) == [], "nobody has said which hosts are ours"


@pytest.mark.parametrize(
    "text",
    [
        "https://harbor-exchange.example",
        "见 https://help.harbor-exchange.example/a/1。",
        "HTTPS://STATUS.Harbor-Exchange.Example/x",
        "write to ana@mail.com",
        "version 2.3.1 of e.g. Node.js",
    ],
)
def test_links_to_us_and_what_only_looks_like_one_pass(text: str) -> None:
    assert Kind.LINK not in met(text, language="")


@pytest.mark.parametrize(
    "text", ["I would buy now", "This coin will go up", "risk-free", "建议买入BTC", "现在可以抄底", "这个币要涨了", "稳赚不赔"]
)
def test_advice_is_found_in_both_languages(text: str) -> None:
    assert Kind.ADVICE in met(text, language="")


@pytest.mark.parametrize(
    ("text", "by"),
    [
        ("You will get an answer within 2 hours.", "2h"),
        ("I will write to you tomorrow.", "tomorrow"),
        ("We'll look at it in 24-48 hours.", "48h"),
        ("You will hear from me by 18:00.", "18:00"),
        ("Our team will finish it in three working days.", "3d"),
        ("It will take 2 hours.", "2h"),
        ("Give me about 30 minutes.", "30m"),
        ("We need another 1-2 days.", "2d"),
        ("我们会在24小时内给您答复。", "24h"),
        ("我明天再跟您说。", "明天"),
        ("两小时内我会回复您。", "2h"),
        ("最晚 18:00 给您答复。", "18:00"),
    ],
)
def test_a_time_without_a_promise_is_found_and_the_form_knows_the_time(text: str, by: str) -> None:
    (one,) = found(text, language="")
    assert one.kind is Kind.TIME
    assert one.fix is not None
    assert (one.fix.command, one.fix.args) == ("composer.promise", (f"by={by}",))
    assert parse_when(by, make.NOW, make.NOW.tzinfo) is not None  # type: ignore[arg-type]  # aware
    assert met(text, language="", has_promise=True) == []


@pytest.mark.parametrize("phrase", ["", "within a few hours", "in the next few days"])
def test_an_inexact_time_leaves_the_form_empty_or_as_said(phrase: str) -> None:
    assert when_of(phrase) in {"", "few days"}


def test_a_text_too_long_for_the_channel_is_never_sent() -> None:
    (one,) = found("hello " * 50, limit=280)
    assert (one.kind, one.remedy, one.values) == (Kind.LENGTH, Remedy.NEVER, (("count", "20"), ("limit", "280")))


def test_what_was_emptied_or_is_missing_is_named() -> None:
    (emptied,) = found("TXID: \nThank you.", emptied=("TXID: ",))
    assert (emptied.kind, emptied.quotes) == (Kind.EMPTY, ("TXID: ",))
    (lacking,) = found("Passed on.", lacking=("txid", "network"))
    assert lacking.values == (("fields", "txid, network"),)


def test_what_arrived_is_one_finding_until_something_newer_comes() -> None:
    first = make.entry(4, body="Wait!")
    second = make.entry(5, EntryKind.AGENT, "Done.", author_id=AgentId("a2"))
    (wrote,) = found("On its way.", arrived=(first,))
    (replied,) = found("On its way.", arrived=(first, second))
    assert (wrote.kind, wrote.id) == (Kind.WROTE, "wrote:4")
    assert (replied.kind, replied.id) == (Kind.REPLIED, "replied:5")


def test_a_desk_adds_its_own_words_or_puts_them_in_place_of_ours() -> None:
    more = Policy(advice_words=("to the moon",), file_words=("随信附",))
    assert met("To the moon! I would buy.", more) == [Kind.ADVICE]
    assert met("资料随信附。", more, language="zh") == [Kind.FILE]
    instead = Policy(advice_words=("to the moon",), time_words=("before lunch",), replace=("advice_words", "time_words"))
    assert met("I would buy.", instead) == []
    assert met("We will answer before lunch, within 2 hours.", instead) == [Kind.TIME]
    assert met("To the moon", instead) == [Kind.ADVICE]


def test_a_desk_switches_kinds_but_not_the_locked_ones() -> None:
    text = "I would buy now, see https://evil.example/"
    assert met(text, Policy(kinds={"advice": "off"})) == [Kind.LINK]
    strict = found(text, Policy(kinds={"advice": "never", "link": "never"}))
    assert {one.remedy for one in strict} == {Remedy.NEVER}
    locked = Policy(kinds={kind.value: "off" for kind in Kind})
    assert met(f"⟦x⟧ {PHRASE} I would buy", locked) == [Kind.UNSENDABLE, Kind.BLANK]


def test_settings_and_gate_know_the_same_names() -> None:
    assert set(GATE_KINDS) == set(SWITCHABLE)
    assert set(GATE_REMEDIES) == {one.value for one in Remedy}
    assert set(GATE_LISTS) <= set(Policy.__struct_fields__)
    assert set(RULES) == set(Kind)


@pytest.mark.parametrize("piece", ["a", "a.", "@", "1", "我们会", "https://", " ", "一", "a@", ">"])
def test_long_and_odd_texts_are_looked_through_in_one_pass(piece: str) -> None:
    """Searching that goes back again and again would take minutes here, and the whole suite would stand."""
    assert Kind.BLANK not in met((piece * 50_000)[:50_000])
