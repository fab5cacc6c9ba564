"""Builds the wheel with the standard library alone, by the hooks of PEP 517. Dependencies go into `REQUIRES`."""

import base64
import hashlib
import os
import re
import zipfile

# What pip installs beside the package, such as "numpy>=1.26".
REQUIRES = []


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    name, version, summary = (_said(key) for key in ("name", "version", "description"))
    package = name.replace("-", "_")
    info = "%s-%s.dist-info" % (package, version)
    files = dict(_sources(package))
    metadata = ["Metadata-Version: 2.1", "Name: " + name, "Version: " + version, "Summary: " + summary]
    metadata += ["Requires-Dist: " + requirement for requirement in REQUIRES]
    files[info + "/METADATA"] = ("\n".join(metadata) + "\n").encode()
    files[info + "/WHEEL"] = b"Wheel-Version: 1.0\nGenerator: backend\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    lines = ["%s,sha256=%s,%d\n" % (path, _digest(data), len(data)) for path, data in sorted(files.items())]
    files[info + "/RECORD"] = ("".join(lines) + info + "/RECORD,,\n").encode()
    wheel = "%s-%s-py3-none-any.whl" % (package, version)
    with zipfile.ZipFile(os.path.join(wheel_directory, wheel), "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in sorted(files.items()):
            # A fixed time: equal sources give equal wheels.
            archive.writestr(zipfile.ZipInfo(path, (1980, 1, 1, 0, 0, 0)), data)
    return wheel


def _sources(package):
    for folder, subfolders, names in os.walk(package):
        subfolders[:] = [name for name in subfolders if name != "__pycache__"]
        for name in names:
            path = os.path.join(folder, name)
            with open(path, "rb") as file:
                yield path.replace(os.sep, "/"), file.read()


def _said(key):
    """A text of the table [project]; Python before 3.11 cannot read the format by itself."""
    with open("pyproject.toml", encoding="utf-8") as file:
        table = file.read().split("[project]", 1)[1]
    return re.search(r'^%s = "(.*)"$' % key, table, re.MULTILINE).group(1)


def _digest(data):
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
