"""What is left of a text that is too long for one argument."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from prodigy_action.pure.text.masking import Masker
from prodigy_action.pure.text.shortened import PROMPT_BYTES, needs_shortening, shortened


@given(st.text(min_size=1, max_size=5), st.integers(1, 200_000))
def test_a_shortened_text_fits_and_keeps_begin_and_end(piece: str, times: int) -> None:
    text = f"begin {piece * times} end"
    if not needs_shortening(text):
        assert len(text.encode()) <= PROMPT_BYTES
        return
    cut = shortened(text, "/tmp/whole")
    assert len(cut.encode()) < PROMPT_BYTES
    assert cut.startswith("begin ")
    assert cut.endswith(" end")
    assert "/tmp/whole" in cut


def test_the_pieces_of_a_secret_at_both_cuts_can_be_masked() -> None:
    secret = "Xq7-vK2mZ9pL4wR8"
    kept = (PROMPT_BYTES - 4096) // 2 - 8
    cut = shortened(f"{'x' * kept}{secret}{'y' * 9000}{secret}{'z' * kept}", "/tmp/whole")
    masked = Masker([secret]).mask_text(cut)
    assert masked.count("***") == 2
    assert secret[:8] in cut
    assert secret[-8:] in cut
    assert secret[:3] not in masked
    assert secret[-3:] not in masked
