"""Translations, for development (needs Babel): extract, update, compile, check.

python -m tests.tools.translations extract   # code → locales/supportdesk.pot
python -m tests.tools.translations update    # the code's messages merged into every .po
python -m tests.tools.translations compile   # .po → .mo, the only file the program reads
python -m tests.tools.translations check     # complete, same placeholders, compiled and in step with the code
"""

import argparse
import ast
import io
import string
import sys
from collections.abc import Iterator
from inspect import cleandoc
from pathlib import Path

import click
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "supportdesk_tui"
LOCALES = PACKAGE / "i18n" / "locales"
DOMAIN = "supportdesk"
KEYWORDS: dict[str, tuple[int, ...] | None] = {"_": None, "ngettext": (1, 2), "msg": None, "Blocked": None}
TRANSLATED = ("zh_CN",)


def po_file(locale: str, folder: Path = LOCALES) -> Path:
    """Where a language's words are written."""
    return folder / locale / "LC_MESSAGES" / f"{DOMAIN}.po"


def extract(package: Path = PACKAGE) -> Catalog:
    """Every message of the code, with where it stands."""
    catalog = Catalog(domain=DOMAIN, project="supportdesk-tui", charset="utf-8", fuzzy=False)
    found = extract_from_dir(str(package), [("**.py", "python")], keywords=KEYWORDS, comment_tags=["i18n:"])
    for file, _line, message, comments, context in found:
        catalog.add(message, locations=[(f"{package.name}/{file}", 0)], auto_comments=comments, context=context)
    for path in sorted((package / "backends").glob("*/gaps.py")):
        for message in reasons(path):
            catalog.add(message, locations=[(f"{package.name}/{path.relative_to(package)}", 0)])
    for message in asked() if package == PACKAGE else ():
        catalog.add(message, locations=[(f"{package.name}/backends/catalog.py", 0)])
    for message in helped() if package == PACKAGE else ():
        catalog.add(message, locations=[(f"{package.name}/cli/group.py", 0)])
    return catalog


def helped() -> list[str]:
    """What `--help` says of every command: its text, its epilog, its options."""
    from supportdesk_tui.cli.group import COMMANDS, cli

    context, found = click.Context(cli), list[str]()
    commands: list[click.Command] = [cli, *(one for name in COMMANDS if (one := cli.get_command(context, name)))]
    while commands:
        command = commands.pop(0)
        commands += command.commands.values() if isinstance(command, click.Group) else ()
        found += [cleandoc(text) for text in (command.help, command.epilog) if text]
        found += [one.help for one in command.params if isinstance(one, click.Option) and one.help]
    return found


def reasons(path: Path) -> list[str]:
    """What an adapter's gaps.py says to the agent: every text in it that is no docstring."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    told = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    texts = (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and node not in told)
    return [node.value for node in texts if isinstance(node.value, str) and " " in node.value]


def asked() -> list[str]:
    """What signing in asks for, by kind of server."""
    from supportdesk_tui.backends.catalog import SPECS

    questions = [spec.asks for spec in SPECS.values() if spec.sign_in is None]
    return questions + [option.title for spec in SPECS.values() for option in spec.options if option.is_asked]


def update(package: Path = PACKAGE, folder: Path = LOCALES) -> None:
    """Merge the code's messages into every .po: new ones empty, gone ones dropped, near ones never guessed."""
    template = extract(package)
    for locale in TRANSLATED:
        file = po_file(locale, folder)
        catalog = _read(file, locale) if file.exists() else Catalog(locale=locale, domain=DOMAIN, fuzzy=False)
        catalog.update(template, no_fuzzy_matching=True)
        catalog.obsolete.clear()
        catalog.header_comment = f"# The words of supportdesk-tui in {catalog.locale_identifier}."
        _write(file, catalog)


def compile_all(folder: Path = LOCALES) -> None:
    """Write the .mo beside every .po."""
    for locale in TRANSLATED:
        po_file(locale, folder).with_suffix(".mo").write_bytes(_compiled(_read(po_file(locale, folder), locale)))


def check(template: Catalog, folder: Path = LOCALES) -> list[str]:
    """Everything wrong with the translations of the code's messages; empty when they can ship."""
    wanted = {_key(message) for message in template if message.id}
    return [complaint for locale in TRANSLATED for complaint in _check_locale(locale, folder, wanted)]


def _check_locale(locale: str, folder: Path, wanted: set[tuple[str, ...]]) -> Iterator[str]:
    file = po_file(locale, folder)
    if not file.exists():
        yield f"{locale}: {file} is missing"
        return
    catalog = _read(file, locale)
    have = {_key(message): message for message in catalog if message.id}
    yield from (f"{locale}: not in the .po: {key[0]!r}" for key in sorted(wanted - have.keys()))
    yield from (f"{locale}: no longer in the code: {key[0]!r}" for key in sorted(have.keys() - wanted))
    for message in have.values():
        yield from (f"{locale}: {complaint}: {message.id!r}" for complaint in _complaints(message))
    compiled = file.with_suffix(".mo")
    if not compiled.exists():
        yield f"{locale}: not compiled"
        return
    with compiled.open("rb") as stream:
        shipped = {_key(message): _forms(message.string) for message in read_mo(stream) if message.id}
    if shipped != {key: _forms(message.string) for key, message in have.items() if any(_forms(message.string))}:
        yield f"{locale}: compiled file is older than the .po"


def _complaints(message: Message) -> Iterator[str]:
    sources, forms = _forms(message.id), _forms(message.string)
    if not all(forms) or not forms:
        yield "not translated"
        return
    if message.fuzzy:
        yield "marked fuzzy"
    allowed = set().union(*map(_places, sources))
    for form in forms:
        if _places(form) - allowed or (len(sources) == 1 and _places(form) != allowed):
            yield f"placeholders differ in {form!r}"


def _places(text: str) -> set[str]:
    try:
        return {name for _literal, name, _spec, _conversion in string.Formatter().parse(text) if name is not None}
    except ValueError:
        return {"malformed"}


def _forms(text: str | list[str] | tuple[str, ...] | None) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text or ())


def _key(message: Message) -> tuple[str, ...]:
    return _forms(message.id)


def _read(file: Path, locale: str) -> Catalog:
    with file.open("rb") as stream:
        return read_po(stream, locale=locale, domain=DOMAIN)


def _write(file: Path, catalog: Catalog) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    written = io.BytesIO()
    write_po(written, catalog, width=120, omit_header=False, sort_output=True, include_lineno=False)
    stable = (line for line in written.getvalue().decode().splitlines() if not line.startswith(_CHANGING))
    file.write_text("\n".join(stable) + "\n", encoding="utf-8")


_CHANGING = (
    *('"POT-Creation-Date', '"PO-Revision-Date', '"Generated-By', '"Project-Id-Version', '"Report-Msgid-Bugs-To'),
    *('"Last-Translator', '"Language-Team', "# FIRST AUTHOR", "# Copyright", "# This file is"),
)


def _compiled(catalog: Catalog) -> bytes:
    written = io.BytesIO()
    write_mo(written, catalog)
    return written.getvalue()


def main() -> int:
    """Run one subcommand."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("action", choices=["extract", "update", "compile", "check"])
    action = parser.parse_args().action
    if action == "extract":
        _write(LOCALES / f"{DOMAIN}.pot", extract())
    elif action == "update":
        update()
    elif action == "compile":
        compile_all()
    else:
        complaints = check(extract())
        sys.stdout.writelines(f"{complaint}\n" for complaint in complaints)
        return 1 if complaints else 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
