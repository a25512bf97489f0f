"""THE list of commands: keys, footer, palette, key sheet, menus and macros are all made from it."""

from collections.abc import Mapping
from functools import partial

from supportdesk_tui.commands import (
    attachments,
    composer,
    conversation,
    deciding,
    forms,
    guards,
    hidden,
    inline,
    links,
    macro_commands,
    macro_server,
    menus,
    queue,
    shell,
    ticket,
)
from supportdesk_tui.commands.effects import ComposerAct, Dialog, PaneAct
from supportdesk_tui.commands.guards import a_task, every, may, verb, verb_on_one
from supportdesk_tui.commands.spec import Command, Danger, Scope, msg
from supportdesk_tui.domain.capabilities import Capability as Cap

_MOVE = msg("Moving")
_SHOW = msg("What the queue shows")
_PICK = msg("Selecting")
_READ = msg("Reading")
_WRITE = msg("Writing")
_OWNER = msg("Who has it")
_STATE = msg("Status and time")
_TIE = msg("Tickets and tags")
_DESK = msg("The desk")
_UNDO = msg("Taking back")
_MACRO = msg("Macros")

_rows = guards.needs_rows
_Q, _C, _U, _D, _A, _W = Scope.QUEUE, Scope.CONVERSATION, Scope.CUSTOMER, Scope.DESK, Scope.APP, Scope.COMPOSER
_UNDOABLE = Danger.UNDO

QUEUE = (
    Command("queue.down", msg("Next row"), _Q, queue.down, ("j", "down"), _rows, group=_MOVE),
    Command("queue.up", msg("Row before"), _Q, queue.up, ("k", "up"), _rows, group=_MOVE),
    Command("queue.page_down", msg("Page down"), _Q, queue.page_down, ("ctrl+d", "pagedown"), _rows, group=_MOVE),
    Command("queue.page_up", msg("Page up"), _Q, queue.page_up, ("ctrl+u", "pageup"), _rows, group=_MOVE),
    Command("queue.first", msg("First row (also g g)"), _Q, queue.first, ("home",), _rows, group=_MOVE),
    Command("queue.last", msg("Last row"), _Q, queue.last, ("G", "end"), _rows, group=_MOVE),
    Command(
        "queue.open", msg("Open the ticket"), _Q, queue.open_current, ("enter", "l", "right"), _rows, msg("open"), group=_MOVE
    ),
    Command("queue.peek", msg("Peek, without claiming or marking it read"), _Q, queue.peek, ("space",), _rows, group=_MOVE),
    Command(
        "queue.back",
        msg("Back: wide, peek, selection, filter, search"),
        _Q,
        queue.back,
        ("escape", "q", "h", "left"),
        group=_MOVE,
    ),
    Command("queue.search", msg("Search"), _Q, queue.search, ("/",), may(Cap.SEARCH), msg("search"), group=_SHOW),
    Command("queue.filter", msg("Filter this list"), _Q, queue.filter_list, ("\\",), short=msg("filter"), group=_SHOW),
    Command("queue.filter_clear", msg("Show the whole list again"), _Q, queue.filter_clear, group=_SHOW),
    Command("queue.select", msg("Select"), _Q, queue.select, ("x",), _rows, msg("select"), group=_PICK),
    Command("queue.select_range", msg("Select from the last mark to here"), _Q, queue.select_range, ("X",), _rows, group=_PICK),
    Command("menu.select", msg("Select all, none, others…"), _Q, menus.select, ("*",), _rows, group=_PICK),
    Command("queue.select_all", msg("Select all of this list"), _Q, queue.select_all, (), _rows, group=_PICK),
    Command("queue.select_none", msg("Select none"), _Q, queue.select_none, group=_PICK),
    Command("queue.select_invert", msg("Select the others"), _Q, queue.select_invert, (), _rows, group=_PICK),
    Command("ticket.open", msg("Open this ticket"), _A, queue.open_current, is_internal=True),
    Command("queue.move", msg("Move by rows"), _Q, queue.move, is_internal=True),
    Command("queue.at", msg("Go to a row"), _Q, queue.at, is_internal=True),
    Command("queue.rows", msg("Load rows around a place"), _Q, queue.rows, is_internal=True),
    Command("queue.search_run", msg("Search for"), _Q, queue.search_run, is_internal=True),
    Command("queue.filter_set", msg("Filter by"), _Q, queue.filter_set, is_internal=True),
    Command("queue.go", msg("Go to a place"), _Q, queue.go, is_internal=True),
    Command("queue.sort", msg("Sort"), _Q, queue.sort, is_internal=True),
)
VIEWS = (
    *(
        Command(f"queue.view_{n}", msg("View by its number"), _D, partial(queue.view_number, n), (str(n),), group=_SHOW)
        for n in range(1, 10)
    ),
    Command("queue.next_view", msg("Next view"), _D, queue.next_view, ("]",), group=_SHOW),
    Command("queue.previous_view", msg("Previous view"), _D, queue.previous_view, ("[",), group=_SHOW),
    Command("menu.go", msg("Go to…"), _D, menus.go, ("g",), short=msg("go"), group=_SHOW),
    Command("queue.wide", msg("Wide list"), _D, queue.wide, ("W",), queue.can_widen, msg("wide"), group=_SHOW),
)
_page = conversation.moving
READING = (
    Command("conversation.down", msg("Next message"), _C, _page(PaneAct.NEXT_ENTRY), ("j", "down"), group=_READ),
    Command("conversation.up", msg("Message before"), _C, _page(PaneAct.NEXT_ENTRY, -1), ("k", "up"), group=_READ),
    Command(
        "conversation.page_down", msg("Page down"), _C, _page(PaneAct.SCROLL_PAGE), ("ctrl+d", "pagedown", "space"), group=_READ
    ),
    Command("conversation.page_up", msg("Page up"), _C, _page(PaneAct.SCROLL_PAGE, -1), ("ctrl+u", "pageup"), group=_READ),
    Command("conversation.first", msg("To the oldest message (also g g)"), _C, conversation.home, ("home",), group=_READ),
    Command("conversation.last", msg("To the newest message"), _C, _page(PaneAct.SCROLL_END), ("G", "end"), group=_READ),
    Command("conversation.fold", msg("Unfold or fold the message"), _C, _page(PaneAct.FOLD), ("enter",), group=_READ),
    Command("conversation.full", msg("Whole message on its own"), _C, _page(PaneAct.OPEN_FULL), ("V",), group=_READ),
    Command(
        "conversation.find",
        msg("Find in this conversation"),
        _C,
        conversation.find,
        ("/", "ctrl+f"),
        short=msg("find"),
        group=_READ,
    ),
    Command("conversation.find_next", msg("Next hit"), _C, _page(PaneAct.FIND_NEXT), ("f3",), group=_READ),
    Command("conversation.find_previous", msg("Hit before"), _C, _page(PaneAct.FIND_NEXT, -1), ("shift+f3",), group=_READ),
    Command(
        "conversation.back",
        msg("Close the ticket"),
        _C,
        conversation.back,
        ("escape", "q", "h", "left"),
        short=msg("back"),
        group=_READ,
    ),
    Command("conversation.customer", msg("Go to the customer"), _C, conversation.focus_customer, ("l", "right"), group=_READ),
    Command("conversation.older", msg("Load older messages"), _C, conversation.older, (), guards.needs_open, group=_READ),
    Command("conversation.find_text", msg("Find these words"), _C, conversation.find_text, is_internal=True),
    Command("conversation.save_attachment", msg("Save this file"), _C, attachments.save_attachment, is_internal=True),
    Command("conversation.entry", msg("Show one message whole"), _C, conversation.full_entry, is_internal=True),
    Command("customer.down", msg("Down"), _U, _page(PaneAct.SCROLL_LINE), ("j", "down"), group=_READ),
    Command("customer.up", msg("Up"), _U, _page(PaneAct.SCROLL_LINE, -1), ("k", "up"), group=_READ),
    Command(
        "customer.page_down", msg("Page down"), _U, _page(PaneAct.SCROLL_PAGE), ("ctrl+d", "pagedown", "space"), group=_READ
    ),
    Command("customer.page_up", msg("Page up"), _U, _page(PaneAct.SCROLL_PAGE, -1), ("ctrl+u", "pageup"), group=_READ),
    Command("customer.first", msg("Top (also g g)"), _U, _page(PaneAct.SCROLL_HOME), ("home",), group=_READ),
    Command("customer.last", msg("Bottom"), _U, _page(PaneAct.SCROLL_END), ("G", "end"), group=_READ),
    Command("customer.fold", msg("Unfold or fold the group"), _U, _page(PaneAct.FOLD), ("enter",), group=_READ),
    Command(
        "customer.back",
        msg("Back to the conversation"),
        _U,
        conversation.customer_back,
        ("escape", "q", "h", "left"),
        short=msg("back"),
        group=_READ,
    ),
    Command(
        "customer.toggle",
        msg("Customer on or off"),
        _D,
        conversation.toggle_customer,
        ("i",),
        short=msg("customer"),
        group=_READ,
    ),
    Command("ticket.next", msg("Next ticket"), _D, queue.next_ticket, ("J",), _rows, msg("next"), group=_READ),
    Command("ticket.previous", msg("Ticket before"), _D, queue.previous_ticket, (), _rows, group=_READ),
    Command(
        "ticket.next_best",
        msg("Next best ticket, with the reason"),
        _D,
        queue.best,
        ("N",),
        _rows,
        msg("next best"),
        group=_READ,
    ),
    Command("conversation.things", msg("Attachments and links"), _D, links.things, ("o",), guards.needs_open, group=_READ),
    Command("conversation.thing", msg("Save this file or look at this link"), _D, links.thing, is_internal=True),
    Command("link.open", msg("Open this link"), _A, links.open_link, is_internal=True),
    Command("link.copy", msg("Copy this link"), _A, links.copy_link, is_internal=True),
    Command("ticket.attachments", msg("Save an attachment"), _D, ticket.attachments, (), guards.needs_open, group=_READ),
    Command(
        "ticket.copy_number", msg("Copy the case number"), _D, ticket.copy_number, ("y",), guards.needs_ticket, group=_READ
    ),
    Command(
        "ticket.copy_title",
        msg("Copy case number, subject and link"),
        _D,
        ticket.copy_title,
        ("Y",),
        guards.needs_ticket,
        group=_READ,
    ),
    Command(
        "conversation.reveal",
        msg("Show what is hidden (reason, logged)"),
        _D,
        hidden.reveal,
        ("U",),
        every(guards.needs_open, hidden.needs_hidden, may(Cap.REVEAL)),
        group=_READ,
    ),
    Command("conversation.reveal_for", msg("Show it, for this reason"), _A, hidden.reveal_for, is_internal=True),
    Command("conversation.reveal_end", msg("Hide it again"), _A, hidden.reveal_end, is_internal=True),
    Command("ticket.unread", msg("Mark unread"), _D, ticket.unread, ("u",), verb(Cap.READ_MARK), group=_READ, danger=_UNDOABLE),
    Command("ticket.seen", msg("Its newest words are on the screen"), _A, ticket.seen, is_internal=True),
    Command("ticket.number", msg("Open a case by its number"), _D, ticket.number, group=_READ),
)
VERBS = (
    Command("ticket.reply", msg("Reply"), _D, ticket.reply, ("r",), verb_on_one(Cap.REPLY), msg("reply"), group=_WRITE),
    Command(
        "ticket.reply_quoting", msg("Reply, quoting"), _D, ticket.reply_quoting, ("R",), verb_on_one(Cap.REPLY), group=_WRITE
    ),
    Command("ticket.note", msg("Internal note"), _D, ticket.note, ("n",), verb_on_one(Cap.NOTE), msg("note"), group=_WRITE),
    Command("ticket.create", msg("New ticket"), _D, forms.create, ("c",), may(Cap.CREATE), group=_WRITE),
    Command("menu.assign", msg("Assign…"), _D, menus.assign, ("a",), verb(Cap.ASSIGN), msg("assign"), group=_OWNER),
    Command("ticket.take", msg("Take: assign to me"), _D, ticket.take, ("A",), verb(Cap.TAKE), msg("take"), _UNDOABLE, _OWNER),
    Command(
        "ticket.transfer", msg("Transfer to a team"), _D, ticket.transfer, ("v",), verb(Cap.TRANSFER), "", _UNDOABLE, _OWNER
    ),
    Command("ticket.unassign", msg("Give back: nobody's"), _D, ticket.unassign, (), verb(Cap.ASSIGN), "", _UNDOABLE, _OWNER),
    Command("ticket.assign_pick", msg("Assign to anyone"), _D, ticket.assign_pick, (), verb(Cap.ASSIGN), group=_OWNER),
    Command(
        "menu.escalate", msg("Escalate…"), _D, menus.escalate, ("!",), verb_on_one(Cap.ESCALATE), msg("escalate"), group=_OWNER
    ),
    Command(
        "ticket.return_task", msg("Hand a task back"), _D, forms.return_task, ("B",), a_task, msg("hand back"), group=_OWNER
    ),
    Command("ticket.watch", msg("Watch or stop watching"), _D, ticket.watch, ("w",), verb(Cap.WATCH), "", _UNDOABLE, _OWNER),
    Command("menu.status", msg("Status…"), _D, menus.status, ("s",), verb(Cap.STATUS), msg("status"), group=_STATE),
    Command(
        "ticket.solve",
        msg("Solve, go to the next"),
        _D,
        ticket.solve,
        ("e",),
        verb(Cap.STATUS),
        msg("solve"),
        _UNDOABLE,
        _STATE,
    ),
    Command("ticket.reopen", msg("Reopen"), _D, ticket.reopen, ("E",), verb(Cap.STATUS), "", _UNDOABLE, _STATE),
    Command("ticket.spam", msg("Spam"), _D, ticket.spam, ("#",), verb(Cap.STATUS), "", _UNDOABLE, _STATE),
    Command("ticket.status_pick", msg("Find a status"), _D, ticket.status_pick, (), verb(Cap.STATUS), group=_STATE),
    Command("menu.snooze", msg("Snooze…"), _D, menus.snooze, ("b",), verb(Cap.SNOOZE), msg("snooze"), group=_STATE),
    Command("ticket.snooze_pick", msg("Snooze until…"), _D, ticket.snooze_pick, (), verb(Cap.SNOOZE), "", _UNDOABLE, _STATE),
    Command(
        "ticket.promise", msg("Promise…"), _D, forms.promise, ("d",), verb_on_one(Cap.PROMISE), msg("promise"), group=_STATE
    ),
    Command("ticket.settle_promise", msg("Promise kept"), _D, forms.settle_promise, (), verb_on_one(Cap.PROMISE), group=_STATE),
    Command("menu.priority", msg("Priority…"), _D, menus.priority, ("p",), verb(Cap.PRIORITY), group=_STATE),
    Command(
        "ticket.priority_up", msg("More urgent"), _D, ticket.priority_up, ("+",), verb(Cap.PRIORITY), "", _UNDOABLE, _STATE
    ),
    Command(
        "ticket.priority_down", msg("Less urgent"), _D, ticket.priority_down, ("-",), verb(Cap.PRIORITY), "", _UNDOABLE, _STATE
    ),
    Command("ticket.tag", msg("Tag"), _D, ticket.tag, ("t",), verb(Cap.TAG), msg("tag"), _UNDOABLE, _TIE),
    Command("ticket.merge", msg("Merge into"), _D, ticket.merge, ("m",), verb_on_one(Cap.MERGE), "", Danger.CONFIRM, _TIE),
    Command("ticket.link", msg("Link to"), _D, ticket.link, ("L",), verb_on_one(Cap.LINK), "", _UNDOABLE, _TIE),
    Command("ticket.assign", msg("Assign"), _D, ticket.assign, (), verb(Cap.ASSIGN), is_internal=True),
    Command("ticket.status", msg("Set the status"), _D, ticket.status, (), verb(Cap.STATUS), is_internal=True),
    Command("ticket.snooze", msg("Snooze"), _D, ticket.snooze, (), verb(Cap.SNOOZE), is_internal=True),
    Command("ticket.priority", msg("Set the priority"), _D, ticket.priority, (), verb(Cap.PRIORITY), is_internal=True),
    Command("ticket.escalate", msg("Escalate"), _D, forms.escalate, (), verb_on_one(Cap.ESCALATE), is_internal=True),
)
MACROS = (
    Command("menu.leader", msg("Macro…"), _A, menus.leader, (";", "ctrl+g"), short=msg("macro"), group=_MACRO),
    Command(
        "macro.repeat", msg("Last macro again"), _D, macro_commands.repeat, (".",), macro_commands.can_repeat, group=_MACRO
    ),
    Command("macro.pick", msg("Find a macro (also ; ;)"), _D, macro_commands.pick, (), macro_commands.can_insert, group=_MACRO),
    Command(
        "macro.insert",
        msg("Insert a macro"),
        _D,
        macro_commands.insert,
        (),
        every(macro_commands.can_insert, verb_on_one(Cap.REPLY)),
        is_internal=True,
    ),
    Command(
        "macro.pick_server",
        msg("Find a macro kept by the server"),
        _D,
        macro_commands.pick_server,
        (),
        every(macro_commands.can_insert, macro_server.can_pick),
        group=_MACRO,
    ),
    Command("macro.answered", msg("Put in what the server answered"), _A, macro_server.answered, is_internal=True),
    Command("menu.macros", msg("Macros of a category"), _D, menus.macros, is_internal=True),
)
_writes = guards.needs_composer
_promises, _sets_status = every(_writes, may(Cap.PROMISE)), every(_writes, may(Cap.STATUS), guards.writes(Cap.STATUS))
_act = composer.acting
COMPOSER = (
    Command(
        "composer.send",
        msg("Send"),
        _W,
        composer.send,
        ("ctrl+d", "f9", "ctrl+enter"),
        composer.can_send,
        msg("send"),
        group=_WRITE,
    ),
    Command(
        "composer.leave", msg("Leave, the draft is kept"), _W, composer.leave, ("escape",), short=msg("leave"), group=_WRITE
    ),
    Command(
        "composer.toggle_mode",
        msg("Reply ⇄ note"),
        _W,
        composer.toggle_mode,
        ("f2",),
        every(_writes, composer.can_toggle),
        msg("reply ⇄ note"),
        group=_WRITE,
    ),
    Command(
        "composer.next_stop",
        msg("Next blank, else next pane"),
        _W,
        _act(ComposerAct.NEXT_STOP),
        ("tab",),
        short=msg("next blank"),
        group=_WRITE,
    ),
    Command("composer.previous_stop", msg("Blank before"), _W, _act(ComposerAct.PREVIOUS_STOP), ("shift+tab",), group=_WRITE),
    Command(
        "composer.editor",
        msg("Write in $EDITOR"),
        _W,
        _act(ComposerAct.EDITOR),
        ("ctrl+o",),
        _writes,
        msg("editor"),
        group=_WRITE,
    ),
    Command(
        "composer.find", msg("Find in the conversation"), _W, conversation.find, ("ctrl+f",), short=msg("find"), group=_WRITE
    ),
    Command("composer.attach", msg("Attach a file"), _W, composer.attach, (), every(_writes, may(Cap.ATTACH)), group=_WRITE),
    Command("composer.cc", msg("Copies by mail"), _W, composer.copies, (), every(_writes, composer.mailed), group=_WRITE),
    Command("composer.promise", msg("Promise with this text"), _W, composer.promise, (), _promises, group=_WRITE),
    Command("composer.status", msg("Status after sending"), _W, composer.status_after, (), _sets_status, group=_WRITE),
    Command("composer.discard", msg("Throw the draft away"), _W, composer.discard, (), _writes, "", Danger.CONFIRM, _WRITE),
    Command("composer.insert", msg("Insert words"), _W, composer.insert_text, is_internal=True),
    Command("composer.select", msg("Mark words"), _W, composer.select, (), _writes, is_internal=True),
    Command("composer.without", msg("Leave out what would happen"), _W, composer.without, (), _writes, is_internal=True),
    Command("composer.seen", msg("Go on writing"), _W, composer.seen, (), _writes, is_internal=True),
    Command("composer.read", msg("Read what was said meanwhile"), _W, composer.read, (), _writes, is_internal=True),
    Command("composer.insert_found", msg("Insert what was found"), _W, inline.insert, is_internal=True),
    Command(
        "composer.recall",
        msg("Find a text sent before, a macro or an article"),
        _W,
        inline.recall,
        ("ctrl+r",),
        _writes,
        msg("recall"),
        group=_WRITE,
    ),
)
SHELL = (
    Command("desk.undo", msg("Take back"), _D, shell.undo, ("z",), shell.can_undo, msg("undo"), group=_UNDO),
    Command("desk.redo", msg("Bring back"), _D, shell.redo, ("Z",), shell.can_redo, group=_UNDO),
    Command("outbox.open", msg("Drafts and outbox"), _D, shell.opening(Dialog.OUTBOX), ("D",), group=_UNDO),
    Command("outbox.take_back", msg("Take back what waits to be sent"), _A, shell.take_back, group=_UNDO),
    Command("outbox.decide", msg("Decide about a reply that waits"), _A, deciding.decide, is_internal=True),
    Command("outbox.send_anyway", msg("Send what waits all the same"), _A, deciding.send_anyway, is_internal=True),
    Command("outbox.edit", msg("Go on writing what waits"), _A, deciding.edit, is_internal=True),
    Command("outbox.retry", msg("Try again"), _A, shell.retry, is_internal=True),
    Command("outbox.forget", msg("Forget a refused change"), _A, shell.forget, is_internal=True),
    Command("form.resume", msg("Go on filling in a form"), _A, forms.resume, is_internal=True),
    Command("form.discard", msg("Throw a form away"), _A, forms.discard, is_internal=True),
    Command(
        "desk.palette",
        msg("Every command"),
        _A,
        shell.opening(Dialog.PALETTE),
        (":", "ctrl+p"),
        short=msg("palette"),
        group=_DESK,
    ),
    Command("desk.keys", msg("Keys here"), _A, shell.opening(Dialog.KEYS), ("?", "f1"), short=msg("keys"), group=_DESK),
    Command("articles.open", msg("Knowledge base"), _D, shell.articles, ("K",), may(Cap.ARTICLES), group=_DESK),
    Command("articles.find", msg("Ask the knowledge base"), _A, shell.articles_find, (), may(Cap.ARTICLES), is_internal=True),
    Command("menu.my_status", msg("My status…"), _D, menus.my_status, ("P",), may(Cap.AGENT_STATE), group=_DESK),
    Command("desk.my_state", msg("Set my status"), _D, shell.my_state, (), may(Cap.AGENT_STATE), is_internal=True),
    Command("menu.options", msg("View: order, clock, theme, language…"), _D, menus.options, (",",), group=_DESK),
    Command("desk.clock", msg("Clock on or off"), _A, shell.toggle_clock, group=_DESK),
    Command("desk.theme", msg("Theme"), _A, shell.theme, group=_DESK),
    Command("desk.locale", msg("Language"), _A, shell.locale, group=_DESK),
    Command("pane.tab", msg("Next pane"), _D, shell.next_pane, ("tab",), short=msg("pane"), group=_DESK),
    Command("pane.tab_back", msg("Pane before"), _D, shell.previous_pane, ("shift+tab",), group=_DESK),
    Command("pane.next", msg("Next pane, also while writing"), _A, shell.next_pane, ("f6",), group=_DESK),
    Command("pane.previous", msg("Pane before, also while writing"), _A, shell.previous_pane, ("shift+f6",), group=_DESK),
    Command("pane.focus", msg("Go to a pane"), _A, shell.focus, is_internal=True),
    Command("desk.resync", msg("Read everything again"), _A, shell.resync, ("f5",), group=_DESK),
    Command("desk.redraw", msg("Paint the screen again"), _A, shell.redraw, ("ctrl+l",), group=_DESK),
    Command("desk.dismiss", msg("Take the message line away"), _A, shell.dismiss, group=_DESK),
    Command("desk.quit", msg("Leave the desk"), _A, shell.quit_desk, ("ctrl+q",), group=_DESK),
)

CATALOG: tuple[Command, ...] = (*QUEUE, *VIEWS, *READING, *VERBS, *MACROS, *COMPOSER, *SHELL)
BY_ID: Mapping[str, Command] = {command.id: command for command in CATALOG}
