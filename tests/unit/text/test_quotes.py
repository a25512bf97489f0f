"""Which lines of a mail repeat an earlier one."""

import pytest

from supportdesk_tui.text.quotes import fold_quotes


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Hello\nno quote > here", []),
        ("Hi\n> a\n> b\nbye", [range(1, 3)]),
        ("> a\n\n> b\nmine\n>> c", [range(3), range(4, 5)]),
        ("Thanks\n\nOn Mon, 17 Aug 2026 at 10:00, Desk <d@x.example> wrote:\n\n> We look\n> into it\n\nRegards", [range(2, 6)]),
        ("Thanks\nOn Mon, 17 Aug 2026 at 10:00,\nHarbor Desk wrote:\n> x", [range(1, 4)]),
        ("谢谢\n在 2026年8月17日 港湾 写道：\n> 您好\n> 再见", [range(1, 4)]),
        ("Merci\nLe lun. 17 août 2026, Desk a écrit :\n> Bonjour", [range(1, 3)]),
        ("Спасибо\n17 августа 2026 Поддержка писал(а):\n> Здравствуйте", [range(1, 3)]),
        ("ok\n-----Original Message-----\nFrom: x\nanything\nmore", [range(1, 5)]),
        ("ok\n------------------ 原始邮件 ------------------\n发件人: x", [range(1, 3)]),
        ("ok\nFrom: Desk\nSent: Monday\nTo: me\nSubject: hi\n\nbody", [range(1, 7)]),
        ("From: my heart\nthank you", []),
        ("On Monday the clerk wrote:\nyour money is safe", []),
    ],
)
def test_quoted_stretches_are_found(text: str, found: list[range]) -> None:
    assert fold_quotes(text) == found


def test_a_very_long_line_is_never_an_introduction() -> None:
    assert fold_quotes("On " + "a" * 50_000 + " wrote:\n> x") == [range(1, 2)]
