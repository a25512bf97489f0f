"""Two people's hands on one text, or one person's and the desk's: nothing of either may be missing."""


def together(base: str, theirs: str, ours: str) -> str:
    """One text of two that were both `base` once: what a draft has become elsewhere, and what was typed here since.

    Words put in front or behind elsewhere (taken back, found in a dead client's file) stay there; of a text that was sent
    meanwhile only what was typed behind it is left. What cannot be told apart is kept whole, both of it.
    """
    if ours in {base, theirs}:
        return theirs
    if theirs == base:
        return ours
    if base and theirs.endswith(base):
        return theirs.removesuffix(base) + ours
    if base and theirs.startswith(base):
        return ours + theirs.removeprefix(base)
    if base and ours.startswith(base) and base.endswith(theirs):
        return (theirs + ours.removeprefix(base)).lstrip()
    return f"{theirs}\n\n{ours}".strip("\n")
