"""`supportdesk backends`: the kinds of servers, what works on each and why the rest does not; docs/backends.md is its print."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from supportdesk_tui.cli.options import json_option
from supportdesk_tui.i18n.catalog import _, msg

if TYPE_CHECKING:
    from supportdesk_tui.backends.catalog import BackendSpec

YES = msg("yes")
NO = "–"


@click.command("backends")
@click.argument("name", required=False)
@click.option("--markdown", is_flag=True, help="Print all of it as Markdown; docs/backends.md is made with it.")
@json_option
def backends_command(name: str | None, markdown: bool, as_json: bool) -> None:
    """Show the kinds of servers the desk works with; with NAME, what works there and why the rest does not."""
    import json

    from supportdesk_tui.backends.catalog import SPECS

    if name is not None and name not in SPECS:
        raise click.UsageError(_("there is no kind of server {name}; known: {names}", name=repr(name), names=", ".join(SPECS)))
    chosen = [SPECS[name]] if name is not None else list(SPECS.values())
    if markdown:
        click.echo(to_markdown(chosen), nl=False)
    elif as_json:
        click.echo(json.dumps({one.name: to_plain(one) for one in chosen}, ensure_ascii=False, indent=2))
    else:
        for line in to_lines(chosen[0]) if name is not None else summary(chosen):
            click.echo(line)


def summary(specs: "list[BackendSpec]") -> Iterator[str]:
    """One line a kind, and what signing in asks for."""
    from supportdesk_tui.cli.wrapping import wrapped

    for spec in specs:
        yield from wrapped(f"{spec.name:<10} {_('{what}: {details}', what=spec.title, details=_signs_in(spec))}", indent=11)
        for option in spec.options:
            yield from wrapped(f"{'':<10} --option {option.name}=…  {_(option.title)}", indent=13)


def to_lines(spec: "BackendSpec") -> Iterator[str]:
    """Every capability of a kind: yes, or why not."""
    from supportdesk_tui.cli.abilities import TITLES
    from supportdesk_tui.cli.wrapping import padded, wrapped

    gaps = spec.gaps()
    yield from wrapped(_("{what}: {details}", what=spec.title, details=_signs_in(spec)), indent=2)
    for capability, title in TITLES.items():
        yield from wrapped(f"  {padded(_(title), 22)} {_(gaps.get(capability, YES))}", indent=25)


def _signs_in(spec: "BackendSpec") -> str:
    """What a person is asked for, in the agent's language."""
    asked = _("your login and password") if spec.sign_in is not None else _(spec.asks)
    if spec.browse is None:
        return asked
    return _("your browser, or {asked}", asked=asked) if spec.browse_with else _("your browser")


def signs_in(spec: "BackendSpec") -> str:
    """What a person is asked for, in a few words."""
    asked = "your login and password" if spec.sign_in is not None else spec.asks
    if spec.browse is None:
        return asked
    return f"your browser, or {asked}" if spec.browse_with else "your browser"


def to_plain(spec: "BackendSpec") -> dict[str, object]:
    """A kind for programs."""
    return {
        "title": spec.title,
        "signs_in": signs_in(spec),
        "options": {option.name: option.title for option in spec.options},
        "gaps": {capability.value: reason for capability, reason in spec.gaps().items()},
    }


def to_markdown(specs: "list[BackendSpec]") -> str:
    """What docs/backends.md says."""
    from supportdesk_tui.cli.abilities import TITLES

    lines = [
        "# What works on which help desk",
        "",
        "Generated with `supportdesk backends --markdown` from what the adapters declare; a test compares both. Beside it",
        "comes what your role forbids: `supportdesk doctor` shows both for the desk you are connected to. What a product",
        "cannot do is grey in the desk, with the reason below.",
        "",
        f"| | {' | '.join(spec.title for spec in specs)} |",
        f"|---|{'---|' * len(specs)}",
    ]
    gaps = [spec.gaps() for spec in specs]
    for capability, title in TITLES.items():
        lines.append(f"| {title} | {' | '.join(NO if capability in lacks else YES for lacks in gaps)} |")
    for spec in specs:
        lines += ["", f"## {spec.title}", "", *_connecting(spec), "", *_gaps(spec)]
    return "\n".join(lines) + "\n"


def _connecting(spec: "BackendSpec") -> list[str]:
    kind = "" if spec.name == "native" else f"--backend {spec.name} "
    more = "" if spec.name == "native" else f" More: [{spec.title}](backends-{spec.name}.md)."
    options = [f"`{option.name}` ({option.title}{', asked for' if option.is_asked else ''})" for option in spec.options]
    set_too = f" Options: {'; '.join(options)}." if options else ""
    return [
        f"1. `supportdesk login {kind}https://desk.example.com`, with your own address.",
        f"2. It asks for: {signs_in(spec)}, and tries it before anything is written.",
        f"3. `supportdesk doctor` shows what you may do there.{set_too}{more}",
    ]


def _gaps(spec: "BackendSpec") -> list[str]:
    from supportdesk_tui.cli.abilities import TITLES

    gaps = spec.gaps()
    if not gaps:
        return ["Everything works."]
    rows = [f"| {TITLES[one]} | {_cell(gaps[one])} |" for one in TITLES if one in gaps]
    return ["| does not work | because |", "|---|---|", *rows]


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
