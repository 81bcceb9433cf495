"""Shells within shells: followed in linear work, and warned of where they stand too deep to be followed."""

from __future__ import annotations

import pytest

from prodigy_action.pure.shell.flows.spread import Spread
from tests.attack.flows import judged


@pytest.mark.parametrize("depth", (1, 3, 6, 7, 8, 9, 12, 40))
def test_no_depth_makes_a_flow_silent(depth: int) -> None:
    assert judged(f'n="${{item.v}}"; {"eval " * depth}\'eval "$n"\'', "bash") != "silent"
    assert judged(f'n="${{item.v}}"; {"sudo " * depth}bash -c \'eval "$n"\'', "bash") != "silent"
    assert judged(f'n=$(cut -c2- <<< "${{item.v}}"); {"nice timeout 5 " * depth}$n', "bash") != "silent"
    assert judged(f"echo \"${{item.v}}\" > f; {'eval ' * depth}'. ./f'", "bash") != "silent"
    assert judged(f'cat <<< "${{item.v}}" | {"nice " * depth}ed', "bash") != "silent"


@pytest.mark.parametrize("depth", (1, 6, 40, 600))
def test_no_depth_makes_a_text_without_values_in_code_suspicious(depth: int) -> None:
    assert judged(f"""echo "${{item.v}}"; {"eval " * depth}'printf %s "$m"'""", "bash") == "silent"
    assert judged(f"""echo "${{item.v}}"; {"sudo " * depth}make all""", "bash") == "silent"


def test_the_same_code_is_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    work: list[Spread] = []
    complete = Spread.complete

    def counted(spread: Spread) -> None:
        work.append(spread)
        complete(spread)

    monkeypatch.setattr(Spread, "complete", counted)
    for width in (1, 2, 8):
        work.clear()
        code = 'printf %s "$n"'
        for _ in range(3):
            quoted = "'" + code.replace("'", "'\"'\"'") + "'"
            code = "; ".join([f"sudo nice bash -c {quoted}"] * width)
        assert judged(f'n="${{item.v}}"; export n; {code}', "bash") == "silent"
        assert len(work) == 4


def test_a_chain_of_any_length_and_order_is_followed() -> None:
    for names in (range(200), range(199, -1, -1), [*range(0, 200, 2), *range(1, 200, 2)]):
        steps = "".join(f'x{n}="$(wrap "$y{n}")"\ny{n + 1}="$(wrap "$x{n}")"\n' for n in names)
        assert judged(f'y0="$(wrap "${{item.v}}")"\nwhile true; do\n{steps}eval "$y200"\ndone\n', "bash") == "warned"


def test_arrays_that_grow_are_followed() -> None:
    grown = "".join(f'cmd=("${{cmd[@]}}" -e "X{n}=${{item.v}}")\n' for n in range(40))
    assert judged(f'cmd=(run image)\n{grown}"${{cmd[@]}}"\n', "bash") == "silent"
    assert judged(f'cmd=(bash -c "echo $1")\n{grown}"${{cmd[@]}}"\n', "bash") == "warned"
    assert judged('cmd=("${cmd[@]}" "${item.v}"); cmd=(eval "${cmd[@]}"); "${cmd[@]}"', "bash") == "warned"


@pytest.mark.parametrize("first", ("find . -exec", "f", "run"))
def test_long_commands_are_looked_at_in_linear_work(first: str) -> None:
    text = f'run() {{ "$@"; }}\nset -- a\n{f"{first} " * 200}true "${{item.v}}"'
    assert judged(text, "bash") in ("silent", "warned")
