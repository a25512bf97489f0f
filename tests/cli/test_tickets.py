"""Reading and changing tickets from the shell, against the real backend; what it wrote down is read from its tables."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from socket import create_server

import pytest
from sqlalchemy import text

from supportdesk_tui.server.runner import ServerThread
from tests.cli.conftest import Shell

Become = Callable[[str], None]


def bodies(server: ServerThread, body: str) -> list[str]:
    """Kinds of the entries the server holds with these words."""
    with server.engine.connect() as connection:
        query = text("SELECT kind FROM entries WHERE body = :body")
        return [str(kind) for kind in connection.execute(query, {"body": body}).scalars()]


def column(server: ServerThread, number: str, name: str) -> object:
    """A column of a ticket, as the server has it."""
    with server.engine.connect() as connection:
        return connection.execute(text(f"SELECT {name} FROM tickets WHERE number = :number"), {"number": number}).scalar_one()


@pytest.fixture
def number(desk: Shell) -> str:
    """A live ticket of a customer, in the language of the replies here; no task that another test escalated."""
    rows = json.loads(desk("tickets", "list", "lang:en phase:new,open", "--json").output)
    return next(str(row["number"]) for row in rows if not row["subject"].startswith("Wallet-Ops: "))


def test_list_prints_one_ticket_a_line_in_tab_separated_fields(desk: Shell) -> None:
    done = desk("tickets", "list", "--limit", "5")
    assert done.exit_code == 0, done.output
    lines = done.output.splitlines()
    assert len(lines) == 5
    assert all(line.count("\t") == 6 and line.startswith("HX-") for line in lines)


def test_list_walks_pages_until_the_limit(desk: Shell, server: ServerThread) -> None:
    rows = json.loads(desk("tickets", "list", "--limit", "10000", "--json").output)
    with server.engine.connect() as connection:
        assert len(rows) == connection.execute(text("SELECT count(*) FROM tickets")).scalar_one()


def test_a_list_in_which_nothing_stands_says_so_beside_what_pipes_read(desk: Shell) -> None:
    unknown = "no ticket fits: there is no agent with the id 'zzz'"
    for query, says in (
        ("owner:zzz", [unknown]),
        ("no.such.word.anywhere", ["no ticket fits"]),
        (
            'owner:"mei lin" status:opn team:wallet cat:how',
            [
                "no ticket fits: there is no agent with the id 'mei lin' (did you mean owner:a2?)",
                "no ticket fits: there is no status 'opn' (did you mean status:open?)",
                "no ticket fits: there is no team with the id 'wallet' (did you mean team:wallet-ops?)",
                "no ticket fits: there is no category 'how' (did you mean cat:USE?)",
            ],
        ),
        ("owner:me team:mine status:snoozed sla:late no.such.word", ["no ticket fits"]),
    ):
        done = desk("tickets", "list", query)
        assert (done.exit_code, done.stdout) == (0, "")
        assert done.stderr.splitlines() == [f"supportdesk: {line}" for line in says]
    plain = desk("tickets", "list", "owner:zzz", "--json")
    assert (plain.exit_code, plain.stdout) == (0, "[]\n")
    assert plain.stderr == f"supportdesk: {unknown}\n"
    told = desk("tickets", "list", "owner:zzz", env={"LANG": "zh_CN.UTF-8"})
    assert "没有编号为 'zzz' 的客服" in told.stderr


def test_bad_query_is_wrong_use_and_names_the_nearest_key(desk: Shell) -> None:
    done = desk("tickets", "list", "ownr:me")
    assert done.exit_code == 2
    assert "no such key → owner" in done.output


def test_show_prints_the_conversation_by_case_number(desk: Shell, number: str) -> None:
    done = desk("tickets", "show", number)
    assert done.exit_code == 0, done.output
    assert done.output.startswith(number)
    assert "\nC | " in done.output
    plain = json.loads(desk("tickets", "show", number, "--json").output)
    assert plain["ticket"]["summary"]["number"] == number
    assert plain["entries"]


def test_missing_ticket_is_refused(desk: Shell) -> None:
    done = desk("tickets", "show", "HX-000000-000000")
    assert done.exit_code == 1
    assert "no such thing" in done.output


def test_reply_reaches_the_customer_once(desk: Shell, server: ServerThread, number: str) -> None:
    done = desk("tickets", "reply", number, "It arrives today.")
    assert done.exit_code == 0, done.output
    assert bodies(server, "It arrives today.") == ["agent"]


def test_note_from_standard_input_stays_internal(desk: Shell, server: ServerThread, number: str) -> None:
    done = desk("tickets", "note", number, "-", "--json", typed="Looks like mule_pattern.\nAsk risk.\n")
    assert done.exit_code == 0, done.output
    assert json.loads(done.output)["phase"] == "sent"
    assert bodies(server, "Looks like mule_pattern.\nAsk risk.") == ["note"]


def overrides(server: ServerThread, number: str) -> list[str]:
    """What the log keeps about texts sent against the gate, as JSON."""
    with server.engine.connect() as connection:
        query = text(
            "SELECT after FROM events WHERE after LIKE '%overrides%' AND ticket = (SELECT id FROM tickets WHERE number = :n)"
        )
        return [json.dumps(json.loads(after)["overrides"]) for after in connection.execute(query, {"n": number}).scalars()]


def test_a_reply_stops_at_the_gate_until_a_reason_is_given(desk: Shell, server: ServerThread, number: str) -> None:
    words = "Look at https://evil.example/login, I would buy now."
    stopped = desk("tickets", "reply", number, words)
    assert stopped.exit_code == 1
    for said in ("Link to a stranger (needs a reason)", "https://evil.example/login", "Investment advice", "--anyway REASON"):
        assert said in stopped.output
    assert bodies(server, words) == []
    sent = desk("tickets", "reply", number, words, "--anyway", "quoted from the phishing report")
    assert sent.exit_code == 0, sent.output
    assert bodies(server, words) == ["agent"]
    kept = overrides(server, number)[-1]
    assert "quoted from the phishing report" in kept
    assert '"link"' in kept


@pytest.mark.parametrize("kind", ["reply", "note"])
def test_a_recovery_phrase_never_leaves_the_shell_with_any_reason(
    desk: Shell, server: ServerThread, number: str, kind: str
) -> None:
    words = "Yours is: " + "abandon " * 11 + "about"
    stopped = desk("tickets", kind, number, words, "--anyway", "they asked")
    assert stopped.exit_code == 1
    assert "never sent" in stopped.output
    assert "abandon" not in stopped.output
    assert bodies(server, words) == []


def test_a_reason_that_holds_a_secret_is_wrong_use(desk: Shell, server: ServerThread, number: str) -> None:
    stopped = desk("tickets", "reply", number, "I would buy now.", "--anyway", "card 4111 1111 1111 1111")
    assert stopped.exit_code == 2
    assert "4111" not in stopped.output
    assert bodies(server, "I would buy now.") == []


def test_the_settings_of_the_gate_count_at_the_shell(desk: Shell, number: str) -> None:
    settings = desk.config.read_text(encoding="utf-8")
    desk.configure(f'[gate]\nkinds = {{ advice = "off" }}\nnote_words = ["entre nous"]\n{settings}')
    assert desk("tickets", "reply", number, "I would buy now, sir.").exit_code == 0
    assert "internal note" in desk("tickets", "reply", number, "Entre nous: no.").output


def test_reply_without_words_is_wrong_use(desk: Shell, number: str) -> None:
    assert desk("tickets", "reply", number, "  ").exit_code == 2
    assert desk("tickets", "reply", number).exit_code == 2


def test_status_and_assignment_are_set(desk: Shell, server: ServerThread, number: str) -> None:
    assert desk("tickets", "assign", number, "me").exit_code == 0
    assert column(server, number, "owner") == "a1"
    assert desk("tickets", "assign", number, "mei lin").exit_code == 0
    assert column(server, number, "owner") == "a2"
    assert desk("tickets", "status", number, "solved", "--reason", "answered").exit_code == 0
    assert column(server, number, "status") == "solved"


def test_names_nobody_has_are_wrong_use_with_the_nearest(desk: Shell, number: str) -> None:
    status = desk("tickets", "status", number, "slved")
    assert status.exit_code == 2
    assert "Did you mean solved?" in status.output
    agent = desk("tickets", "assign", number, "Mei Linn")
    assert agent.exit_code == 2
    assert "Did you mean Mei Lin?" in agent.output
    assert "Did you mean nobody?" in desk("tickets", "assign", number, "nobdy").output


def test_escalation_asks_for_what_the_target_needs_before_it_is_sent(desk: Shell, server: ServerThread, number: str) -> None:
    short = desk("tickets", "escalate", number, "w", "--summary", "stuck", "--field", "network=TRC20")
    assert short.exit_code == 2
    assert "--field txid=" in short.output
    task = ("escalate", number, "w", "--summary", "stuck", "--field", "network=TRC20", "--field", f"txid={'ab' * 32}")
    done = desk("tickets", *task, "--json")
    assert done.exit_code == 0, done.output
    plain = json.loads(done.stdout)
    assert (plain["ticket"], plain["phase"]) == (number, "sent")
    assert plain["says"].startswith("escalated to Wallet-Ops as HX-")
    assert column(server, number, "status") == "waiting_internal"


def test_refusal_of_the_backend_is_exit_code_one_and_keeps_the_words(
    desk: Shell, server: ServerThread, number: str, sign_in: Become
) -> None:
    sign_in("noor.haddad")
    done = desk("tickets", "reply", number, "An auditor may not say this.")
    assert done.exit_code == 1, done.output
    assert "kept in the outbox" in done.output
    assert bodies(server, "An auditor may not say this.") == []


def test_wrong_token_asks_to_sign_in(desk: Shell) -> None:
    done = desk("tickets", "list", env={"SUPPORTDESK_TOKEN": "not-a-token-of-this-server"})
    assert done.exit_code == 4
    assert "supportdesk login" in done.output


def test_no_token_asks_to_sign_in(desk: Shell) -> None:
    done = desk("tickets", "list", env={"SUPPORTDESK_TOKEN": None})
    assert done.exit_code == 4


def test_server_that_is_not_there_cannot_be_reached(desk: Shell) -> None:
    with create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    desk.configure(f'[profiles.test]\nurl = "http://127.0.0.1:{port}"\n')
    done = desk("tickets", "list")
    assert done.exit_code == 3
    assert "supportdesk doctor" in done.output


def test_token_appears_in_no_file_and_no_output(desk: Shell, number: str) -> None:
    token = desk.env["SUPPORTDESK_TOKEN"] or ""
    assert len(token) > 20
    said = desk("tickets", "note", number, "nothing secret here").output + desk("whoami").output + desk("doctor").output
    assert token not in said
    written = [path for path in desk.home.rglob("*") if path.is_file() and token.encode() in path.read_bytes()]
    assert written == []


def test_whoami_names_the_agent_and_what_is_not_allowed(desk: Shell, sign_in: Become) -> None:
    assert desk("whoami").output.startswith("Li Wei (l1) at http://127.0.0.1:")
    sign_in("noor.haddad")
    plain = json.loads(desk("whoami", "--json").output)
    assert plain["session"]["agent"]["role"] == "auditor"
    assert plain["session"]["lacking"]["reply"] == "role"


def test_doctor_measures_the_backend_and_names_the_step_that_has_the_token(desk: Shell) -> None:
    found = {one["what"]: one for one in json.loads(desk("doctor", "--json").output)}
    assert found["token: environment"]["found"].endswith("← used")
    assert found["backend"]["found"].endswith("you are Li Wei (l1)")
    assert found["latency"]["found"].split()[1] == "ms,"
    assert abs(float(found["clock offset"]["found"].split()[0])) < 5


def test_doctor_exits_with_the_worst_finding(desk: Shell) -> None:
    assert desk("doctor").exit_code == 0
    assert desk("doctor", env={"SUPPORTDESK_TOKEN": None}).exit_code == 4
    desk.configure("hold_s = 'ten'\n" + desk.config.read_text(encoding="utf-8"))
    assert desk("doctor").exit_code == 2


@contextmanager
def answers_lost(server: ServerThread) -> Iterator[str]:
    """The same backend behind a line that breaks before the first answer to a write comes back."""
    from tests.cli.lossy import LossyLine

    with LossyLine(server.url) as line:
        yield line.url


def test_the_same_command_again_goes_on_under_the_same_key(
    desk: Shell, server: ServerThread, number: str, tmp_path: Path
) -> None:
    """The server did it, the answer was lost, and so was the network until the next try: it is there once."""
    with answers_lost(server) as url:
        desk.configure(f'[profiles.test]\nurl = "{url}"\n')
        first = desk("tickets", "reply", number, "Said once.")
    assert first.exit_code == 3, first.output
    assert "never does it twice" in first.output
    assert bodies(server, "Said once.") == ["agent"]
    desk.configure(f'[profiles.test]\nurl = "{server.url}"\n')
    again = desk("tickets", "reply", number, "Said once.")
    assert again.exit_code == 0, again.output
    assert bodies(server, "Said once.") == ["agent"]
    assert list((tmp_path / "data").rglob("outbox-*.db"))
