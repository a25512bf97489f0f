"""What the embedded server cannot do, and why."""

from supportdesk_tui.domain.capabilities import Capability

GAPS: dict[Capability, str] = {
    Capability.MACROS: "The server keeps no macros; the desk reads its own from files",
}
