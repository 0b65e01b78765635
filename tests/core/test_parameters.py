"""Parameters of a user's class or function as options."""

from __future__ import annotations

import pytest

from ahc_stream.core.errors import InvalidValue
from ahc_stream.core.parameters import Parameters


def sample(quality, *rest, width: int = 8, slope: float = 0.5, fast: bool = False, kind: str = "a", table=None, **more):
    return quality, width, slope, fast, kind


def test_what_has_a_plain_default_is_an_option_and_comes_back_in_its_type() -> None:
    parameters = Parameters.of("sample", sample, ("quality", "device"))
    assert {name: option.default for name, option in parameters.options.items()} == {
        "width": "8", "slope": "0.5", "fast": "false", "kind": "a",
    }  # fmt: skip
    arguments = parameters.arguments({"width": "016", "fast": "true", "slope": ".250"}, quality=3, device="cpu")
    assert arguments == {"width": 16, "fast": True, "slope": 0.25, "quality": 3}
    assert sample(**arguments) == (3, 16, 0.25, True, "a")


def test_an_option_has_one_spelling_and_refuses_another_type() -> None:
    options = Parameters.of("sample", sample, ("quality",)).options
    assert options["width"].check("sample", "width", "016") == "16"
    for name, text in (("width", "wide"), ("fast", "yes"), ("slope", "steep"), ("slope", "nan")):
        with pytest.raises(InvalidValue, match=name):
            options[name].check("sample", name, text)


def test_a_parameter_without_a_value_is_refused_by_name() -> None:
    with pytest.raises(InvalidValue, match=r"Sample\(channels\)"):
        Parameters.of("Sample", lambda channels, quality: None, ("quality",))


def test_what_is_given_is_known_with_its_default() -> None:
    assert Parameters.of("sample", lambda quality=4: None, ("quality",)).given == {"quality": 4}
    assert Parameters.of("sample", lambda: None, ("quality",)).given == {}
