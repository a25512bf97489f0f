"""The fourteen people of Harbor Exchange's support floor."""

from supportdesk_tui.server.floor.people import Agent


def _agent(
    n: int, login: str, name: str, role: str, teams: str, languages: str, skills: str, state: str = "available"
) -> Agent:
    levels = {one.split("=")[0]: int(one.split("=")[1]) for one in skills.split()}
    capacity = 6 if role == "trainee" else 12
    return Agent(
        id=f"a{n}", login=login, name=name, role=role, teams=teams.split(), languages=languages.split(), skills=levels,
        state=state, capacity=capacity,
    )  # fmt: skip


AGENTS = (
    _agent(1, "li.wei", "Li Wei", "l1", "frontline-cn", "zh en", "general=3 wallet=2 kyc=1"),
    _agent(2, "mei.lin", "Mei Lin", "l2", "frontline-cn", "zh en ja", "wallet=3 security=2 general=3"),
    _agent(3, "chen.jing", "陈静", "l1", "frontline-cn", "zh", "general=2 p2p=2 finance=1"),
    _agent(4, "sato.yuki", "佐藤ゆき", "l2", "frontline-cn", "ja en ko", "general=3 kyc=2 derivatives=1", "busy"),
    _agent(5, "sofia.reyes", "Sofía Reyes", "l1", "frontline-global", "es en fr", "general=2 finance=2"),
    _agent(6, "dmitri.orlov", "Дмитрий Орлов", "l2", "frontline-global", "ru en tr", "general=3 derivatives=2 api=2"),
    _agent(7, "tom.hale", "Tom Hale", "trainee", "frontline-global", "en", "general=1", "training"),
    _agent(8, "wang.lei", "王磊", "specialist", "wallet-ops", "zh en", "wallet=3 finance=2"),
    _agent(9, "ana.costa", "Ana Costa", "specialist", "security risk kyc", "en es fr", "security=3 risk=3 kyc=2"),
    _agent(10, "zhou.min", "周敏", "lead", "frontline-cn", "zh en", "general=3 p2p=3 wallet=2"),
    _agent(11, "james.whitlock", "James Whitlock", "lead", "frontline-global", "en fr", "general=3 derivatives=3 api=2"),
    _agent(12, "elena.petrova", "Elena Petrova", "duty_manager", "duty frontline-global", "ru en", "general=3 security=2"),
    _agent(13, "noor.haddad", "Noor Haddad", "auditor", "qa compliance", "en fr", "general=3", "away"),
    _agent(14, "admin", "Mina Park", "admin", "derivatives finance", "ko en zh", "general=3 derivatives=3 finance=3"),
)
