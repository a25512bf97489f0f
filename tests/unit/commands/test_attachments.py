"""Saving one file of the open conversation, by its id."""

from msgspec.structs import replace

from supportdesk_tui.commands import effects as ef
from supportdesk_tui.commands.attachments import choice_of, files_of
from supportdesk_tui.domain.conversation import Attachment, file_size
from supportdesk_tui.domain.ids import AttachmentId, TicketId
from supportdesk_tui.store.state import Loaded, Pane
from supportdesk_tui.text.safe import sanitize_line
from tests import make
from tests.unit.commands.desk import NOW, context, only, run, with_conversation

T1 = TicketId("t1")
FILE = Attachment(AttachmentId("f1"), sanitize_line("proof.png"), "image/png", 2_500_000)


def test_file_is_saved_by_its_id_and_one_that_is_not_there_is_said() -> None:
    with_file = with_conversation(
        context(Pane.CONVERSATION, opened=1), entries=Loaded((make.entry(1, attachments=(FILE,)),), NOW)
    )
    assert run(with_file, "conversation.save_attachment", "f1") == [ef.SaveFile(T1, AttachmentId("f1"))]
    assert only(run(with_file, "conversation.save_attachment", "f2"), ef.Tell).text == "No attachments here"
    assert run(context(), "conversation.save_attachment", "f1") == []


def test_list_says_what_a_file_is_and_how_large_before_anything_is_fetched() -> None:
    small = Attachment(AttachmentId("f2"), sanitize_line("a.txt"), "text/plain", 12)
    opened = with_conversation(
        context(Pane.CONVERSATION, opened=1), entries=Loaded((make.entry(1, attachments=(small, FILE)),), NOW)
    )
    hints = [choice_of(one).hint for one in files_of(opened)]
    assert hints == ["text/plain · 12 B", "image/png · 2.5 MB"]


def test_sizes_are_said_as_people_compare_them() -> None:
    sizes = [file_size(size) for size in (0, 840, 1_000, 12_400, 3_400_000, 250_000_000, 2_100_000_000)]
    assert sizes == ["0 B", "840 B", "1.0 kB", "12 kB", "3.4 MB", "250 MB", "2.1 GB"]
    assert not replace(FILE, size=0).says_size


def test_files_the_ticket_itself_holds_are_offered_after_those_of_its_messages() -> None:
    held = Attachment(AttachmentId("field/22"), sanitize_line("screen.png"), "image/png", 0)
    detail = Loaded(replace(make.ticket(), attachments=(held, FILE)), NOW)
    opened = with_conversation(
        context(Pane.CONVERSATION, opened=1), entries=Loaded((make.entry(1, attachments=(FILE,)),), NOW), detail=detail
    )
    assert [(one.value, one.hint) for one in map(choice_of, files_of(opened))] == [
        ("f1", "image/png · 2.5 MB"),
        ("field/22", "image/png"),
    ]
    picked = only(run(opened, "ticket.attachments"), ef.Pick)
    assert [one.value for one in picked.choices] == ["f1", "field/22"]
