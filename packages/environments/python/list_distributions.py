"""Prints what is installed in the environment that runs this, as JSON: name, version, a hash over its files, installer."""

import hashlib
import importlib.metadata
import json
import platform
import sys

# Written by the installer or the interpreter; they differ from machine to machine without saying anything of the code.
VARYING = ("direct_url.json", "INSTALLER", "REQUESTED", "RECORD", ".pyc")


def main() -> None:
    distributions = []
    for distribution in importlib.metadata.distributions():
        lines = sorted(
            f"{file}={file.hash.value if file.hash else ''}"
            for file in distribution.files or []
            if not str(file).endswith(VARYING) and ".." not in str(file)
        )
        digest = hashlib.sha256("\n".join(lines).encode()).hexdigest()
        installer = (distribution.read_text("INSTALLER") or "").strip()
        distributions.append({"name": distribution.metadata["Name"], "version": distribution.version, "files": digest, "installer": installer})
    distributions.sort(key=lambda item: item["name"])
    python = {"version": platform.python_version(), "implementation": platform.python_implementation()}
    json.dump({"python": python, "distributions": distributions, "platform": f"{sys.platform}-{platform.machine()}"}, sys.stdout)


main()
