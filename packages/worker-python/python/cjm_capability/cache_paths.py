"""Where the files that a call makes belong: a directory per content of the input, action and configuration.

    from cjm_capability.cache_paths import cache_directory

    folder = cache_directory(self.data_dir, action="convert", input=path, config={"rate": 16000})

The same input content, action and configuration always have the same directory, in every process and language of cjm;
any other has another. What is there already can be used again.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import re
import stat
import time
from typing import Any, Optional, Tuple

from .call_context import check_cancel
from .errors import CapabilityInputError
from .input_hash_cache import InputHashCache

_INPUT_DIGITS = 6
_CONFIG_DIGITS = 12
_STEM_LENGTH = 100
_UNSAFE = re.compile(r'[<>:"/\\|?*\x00-\x1f]')
_UNSAFE_ACTION = re.compile(r"[/\\\x00-\x1f]")
_BLOCK_BYTES = 1024 * 1024
# File systems stamp changes with the kernel's tick, 10 ms at most: of two changes within one, the second shows no trace.
_TICK_SECONDS = 0.02


def cache_directory(
    data_dir: str,
    *,
    action: str,
    input: str,
    config: Any = None,
    mode: str = "content",
    create: bool = True,
    skip_input_cache: bool = False,
) -> str:
    """`<data_dir>/<action>/<stem of the input>/<6 hex>_<12 hex>`, made unless `create` is false.

    `action` is one path component. `input` is the path of a file, or with the mode "identifier" any text that names the
    input, such as a URL. `config` is what the result depends on besides: a dict or a dataclass; nothing counts as {}. It
    tells 1 from 1.0. `skip_input_cache` reads the input whatever is remembered of it.

    Raises CapabilityInputError for an unusable action or an input that is no file, OSError for one that cannot be read.
    """
    if mode not in ("content", "identifier"):
        raise ValueError("mode is %r; it must be 'content' or 'identifier'" % (mode,))
    if action in ("", ".", "..") or _UNSAFE_ACTION.search(action):
        raise CapabilityInputError("The action %r cannot name a cache folder: give one name without slashes." % action, ["action"])
    text = os.fspath(input)
    input_hash = hash_file(text, skip_input_cache) if mode == "content" else _sha256(text.encode("utf-8"))
    leaf = "%s_%s" % (_digits(input_hash)[:_INPUT_DIGITS], _digits(config_hash(config))[:_CONFIG_DIGITS])
    path = os.path.join(os.fspath(data_dir), action, cache_stem(text), leaf)
    if create:
        os.makedirs(path, exist_ok=True)
    return path


def cache_stem(input_path: str) -> str:
    """A name for people: the last component of a path without its last suffix, safe for every file system."""
    name = next((part for part in reversed(input_path.split("/")) if part not in ("", ".")), "")
    dot = name.rfind(".")
    stem = name[:dot] if 0 < dot < len(name) - 1 else name
    return _UNSAFE.sub("_", stem).strip(". ")[:_STEM_LENGTH] or "_"


def config_hash(config: Any) -> str:
    """`sha256:` and hex of the configuration as JSON with sorted keys, in ASCII. Raises TypeError for what JSON cannot hold."""
    values = dataclasses.asdict(config) if dataclasses.is_dataclass(config) else config
    text = json.dumps(values or {}, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return _sha256(text.encode("ascii"))


def hash_file(path: str, skip_cache: bool = False) -> str:
    """`sha256:` and hex of a file's content, read in blocks; the call can be cancelled between them.

    Where the host names a file for it (CJM_INPUT_HASH_CACHE), hashes are remembered by path, time of the last change and
    size. A file that changes while it is read is not remembered.
    """
    resolved = os.path.realpath(path)
    state = os.stat(resolved)
    if not stat.S_ISREG(state.st_mode) and not stat.S_ISDIR(state.st_mode):
        raise CapabilityInputError("The input %s is no regular file." % path)
    cache = None if skip_cache else InputHashCache.of_environment()
    known = cache.get(resolved, state.st_mtime_ns, state.st_size) if cache is not None else None
    if known is not None:
        return known
    content_hash, unchanged = _digest(resolved)
    if cache is not None and unchanged is not None:
        cache.put(resolved, unchanged.st_mtime_ns, unchanged.st_size, content_hash)
    return content_hash


def _digest(path: str) -> Tuple[str, Optional[os.stat_result]]:
    """The hash, and the state that it is of, or None when the file changed meanwhile."""
    digest = hashlib.sha256()
    block = memoryview(bytearray(_BLOCK_BYTES))
    with open(path, "rb", buffering=0) as file:
        age = time.time() - os.fstat(file.fileno()).st_mtime
        if 0 <= age < _TICK_SECONDS:
            time.sleep(_TICK_SECONDS - age)
        before = os.fstat(file.fileno())
        while True:
            check_cancel()
            count = file.readinto(block)
            if not count:
                break
            digest.update(block[:count])
    try:
        after = os.stat(path)
    except OSError:
        return _tagged(digest), None
    return _tagged(digest), before if _identity(before) == _identity(after) else None


def _identity(state: os.stat_result) -> Tuple[int, ...]:
    return (state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns)


def _sha256(content: bytes) -> str:
    return _tagged(hashlib.sha256(content))


def _tagged(digest: Any) -> str:
    return "sha256:" + digest.hexdigest()


def _digits(tagged: str) -> str:
    return tagged.split(":", 1)[1]
