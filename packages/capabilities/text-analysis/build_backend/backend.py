"""Builds the wheel of this package with the standard library alone, so that installing it needs no package index.

The hooks are those of PEP 517; the wheel's layout is that of the binary distribution format specification.
"""

import base64
import hashlib
import os
import re
import zipfile

PACKAGE = "cjm_capability_text_analysis"


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    project = _project()
    version = project["version"]
    info = "%s-%s.dist-info" % (PACKAGE, version)
    files = {}
    for folder, _, names in os.walk(PACKAGE):
        for name in sorted(names):
            if name.endswith(".py"):
                path = os.path.join(folder, name)
                with open(path, "rb") as file:
                    files[path.replace(os.sep, "/")] = file.read()
    files[info + "/METADATA"] = (
        "Metadata-Version: 2.1\nName: %s\nVersion: %s\nSummary: %s\nRequires-Python: >=3.9\nLicense: MIT\n" % (project["name"], version, project["description"])
    ).encode()
    files[info + "/WHEEL"] = b"Wheel-Version: 1.0\nGenerator: cjm-text-analysis\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    files[info + "/top_level.txt"] = (PACKAGE + "\n").encode()
    record = "".join("%s,sha256=%s,%d\n" % (path, _digest(data), len(data)) for path, data in sorted(files.items()))
    files[info + "/RECORD"] = (record + info + "/RECORD,,\n").encode()

    wheel = "%s-%s-py3-none-any.whl" % (PACKAGE, version)
    with zipfile.ZipFile(os.path.join(wheel_directory, wheel), "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in sorted(files.items()):
            # A fixed time: equal sources give equal wheels.
            archive.writestr(zipfile.ZipInfo(path, (1980, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED)
    return wheel


def get_requires_for_build_wheel(config_settings=None):
    return []


def _project():
    """name, version and description of pyproject.toml, which Python 3.9 cannot parse with its own library."""
    with open("pyproject.toml", encoding="utf-8") as file:
        table = file.read().split("[project]", 1)[1]
    return {key: re.search(r'^%s = "(.*)"$' % key, table, re.MULTILINE).group(1) for key in ("name", "version", "description")}


def _digest(data):
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
