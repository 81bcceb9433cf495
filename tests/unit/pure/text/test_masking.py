from __future__ import annotations

import base64
import json
import re
from itertools import pairwise
from urllib.parse import quote, quote_plus, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodigy_action.pure.text.masking import Masker

SECRET = 'pä$$ w0rd/"+&<\\'


@pytest.mark.parametrize(
    "text",
    (
        SECRET,
        json.dumps({"password": SECRET}),
        json.dumps({"password": SECRET}, ensure_ascii=False),
        "https://host/" + quote(SECRET, safe=""),
        quote(SECRET),
        quote_plus(SECRET),
        urlencode({"q": SECRET}),
        "<a>pä$$ w0rd/&quot;+&amp;&lt;\\</a>",
        base64.b64encode(SECRET.encode()).decode(),
        base64.b64encode(f"user:{SECRET}".encode()).decode(),
        base64.b64encode(f"user1:{SECRET}".encode()).decode(),
        base64.b64encode(f"user12:{SECRET} and more".encode()).decode(),
        base64.urlsafe_b64encode(f"??{SECRET}??".encode()).decode(),
    ),
)
def test_a_secret_is_masked_in_every_usual_encoding(text: str) -> None:
    masked = Masker([SECRET]).mask_text(text)

    assert "***" in masked
    assert "w0rd" not in masked
    assert "dzByZ" not in masked  # `w0rd` inside base64
    assert len(masked) <= len(text) - len(SECRET) + 8


def test_what_is_around_a_secret_stays() -> None:
    assert Masker(["token"]).mask_text("a token, tokens; TOKEN") == "a ***, ***s; TOKEN"


@pytest.mark.parametrize("secret", ("", "a", "ab", "a\n", " \n\t"))
def test_values_that_are_too_short_mask_nothing(secret: str) -> None:
    text = "a ab b\na\nb \n\t"

    assert Masker([secret]).mask_text(text) == text


def test_each_line_of_a_secret_of_several_lines_is_masked() -> None:
    masker = Masker(["-----BEGIN-----\r\nfirst\r\n  second\r\n-----END-----\r\n"])

    assert masker.mask_text("x first y\nthe second\n-----END-----") == "x *** y\nthe ***\n***"


def test_a_secret_is_masked_without_the_line_end_of_its_file() -> None:
    assert Masker(["hunter2\n"]).mask_text("login hunter2 ok") == "login *** ok"


def test_secrets_that_overlap_are_masked_as_one() -> None:
    assert Masker(["abcd", "cdef", "abcdefgh"]).mask_text("-abcdef-abcdefghi-") == "-***-***i-"


def test_a_secret_that_is_no_text_is_masked_in_bytes_and_text() -> None:
    masker = Masker(["\udcff\udcfe\udcfd", "\ud800xyz"])
    stream = masker.stream()

    assert stream.feed(b"a\xff\xfe\xfdb") + stream.finish() == b"a***b"
    assert masker.mask_text("a\udcff\udcfe\udcfdb \ud800xyz") == "a***b ***"


def test_a_stream_without_secrets_holds_nothing_back() -> None:
    assert Masker([]).stream().feed(b"abc") == b"abc"


def test_a_stream_may_be_used_again_after_its_end() -> None:
    stream = Masker(["secret"]).stream()

    first = stream.feed(b"a sec") + stream.finish()
    second = stream.feed(b"ret secret") + stream.finish()

    assert (first, second) == (b"a sec", b"ret ***")


letters = st.text("abc", max_size=40)
secret_values = st.lists(st.text("abc", min_size=3, max_size=6), max_size=4)


@given(letters, secret_values, st.lists(st.integers(0, 40)))
def test_a_stream_masks_the_same_however_it_is_split(text: str, secrets: list[str], cuts: list[int]) -> None:
    masker = Masker(secrets)
    stream = masker.stream()
    content = text.encode()
    bounds = [0, *sorted(cut for cut in cuts if cut <= len(content)), len(content)]

    given_away = b"".join(stream.feed(content[start:end]) for start, end in pairwise(bounds)) + stream.finish()

    assert given_away == masker.mask_text(text).encode()


@given(letters, secret_values)
def test_exactly_the_characters_of_secrets_are_masked(text: str, secrets: list[str]) -> None:
    covered = {
        index
        for secret in secrets
        for start in range(len(text))
        if text.startswith(secret, start)
        for index in range(start, start + len(secret))
    }
    model = "".join("*" if index in covered else letter for index, letter in enumerate(text))

    masked = Masker(secrets).mask_text(text)

    assert re.sub(r"\*+", "*", masked) == re.sub(r"\*+", "*", model)
