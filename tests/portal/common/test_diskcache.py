"""The embedded cache counts, keeps JSON only, and never unpickles."""

import pickle
from pathlib import Path

import pytest
from diskcache import Cache

from portal.common.diskcache import JsonDiskCache


@pytest.fixture
def cache(tmp_path: Path) -> JsonDiskCache:
    return JsonDiskCache(str(tmp_path / "cache"), {})


@pytest.mark.parametrize("value", ["文字", 7, 1.5, True, None, [1, "二"], {"a": {"b": []}}])
def test_cache_value_comes_back(cache: JsonDiskCache, value: object) -> None:
    cache.set("k", value)

    assert cache.get("k", "missing") == value
    assert type(cache.get("k")) is type(value)


def test_cache_counter_counts(cache: JsonDiskCache) -> None:
    cache.add("n", 1)

    assert [cache.incr("n"), cache.incr("n", 5)] == [2, 7]


def test_cache_other_objects_are_refused(cache: JsonDiskCache) -> None:
    with pytest.raises(TypeError):
        cache.set("k", object())


def test_cache_folder_is_private(cache: JsonDiskCache, tmp_path: Path) -> None:
    assert (tmp_path / "cache").stat().st_mode & 0o777 == 0o700


def test_cache_planted_pickle_is_never_loaded(tmp_path: Path) -> None:
    ours = JsonDiskCache(str(tmp_path), {"SHARDS": 1})
    shard = next(tmp_path.glob("*/cache.db")).parent
    planted = Cache(str(shard))
    planted.set(ours.make_key("k"), {"evil": pickle.dumps(1)})

    with pytest.raises(ValueError, match="pickled"):
        ours.get("k")
