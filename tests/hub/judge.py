# SPDX-License-Identifier: MIT
# judge.py download: huggingface_hub downloads what server.py serves. judge.py check: it finds in
# the cache, without the server, what the library downloaded. judge.py FILE: it downloads one file.
import sys

from huggingface_hub import file_download, hf_hub_download, scan_cache_dir, snapshot_download
from huggingface_hub import try_to_load_from_cache
from huggingface_hub.errors import EntryNotFoundError

FILES = "config.json", "empty.txt", "weights/model.safetensors"

if sys.argv[1] == "download":
    folder = snapshot_download("org/tiny")
    try:
        hf_hub_download("org/tiny", "none.json")
    except EntryNotFoundError:
        pass
elif sys.argv[1] == "check":
    folder = snapshot_download("org/tiny")
    for name in FILES:
        assert hf_hub_download("org/tiny", name) == f"{folder}/{name}", name
    missing = try_to_load_from_cache("org/tiny", "none.json")
    assert missing is file_download._CACHED_NO_EXIST, missing
    cache = scan_cache_dir()
    assert not cache.warnings, cache.warnings
    (repository,) = cache.repos
    (revision,) = repository.revisions
    assert revision.refs == {"main"} and len(revision.files) == 3, revision
else:
    folder = hf_hub_download("org/tiny", sys.argv[1])
print(folder)
