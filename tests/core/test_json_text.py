"""JSON without what RFC 8259 does not have."""

from __future__ import annotations

import json
import math
from types import MappingProxyType

import pytest

from ahc_stream.core.json_text import json_text, with_nulls


def test_numbers_that_are_not_finite_are_null_at_any_depth() -> None:
    value = {"a": math.nan, "b": [math.inf, 1.5, (-math.inf, 2)], "c": {"d": math.nan, "e": None, "f": True, "g": "x"}}
    nulls = {"a": None, "b": [None, 1.5, [None, 2]], "c": {"d": None, "e": None, "f": True, "g": "x"}}
    assert with_nulls(value) == nulls
    assert json.loads(json_text(value)) == nulls


def test_any_mapping_is_an_object() -> None:
    assert json_text(MappingProxyType({"a": (1, 2)})) == '{"a": [1, 2]}'


def test_a_value_without_a_type_is_what_the_caller_makes_of_it() -> None:
    assert json_text({"a": {1}}, default=sorted) == '{"a": [1]}'
    with pytest.raises(TypeError):
        json_text({1})
    with pytest.raises(ValueError, match="not JSON compliant"):
        json_text({1}, default=lambda _: math.nan)


def test_lines_are_indented_where_that_is_asked_for() -> None:
    assert json_text([1], indent=1) == "[\n 1\n]"
