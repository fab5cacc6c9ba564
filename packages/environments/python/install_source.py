"""Installs one local package without pip: builds a wheel with the package's own backend and unpacks it, or unpacks a wheel.

For machines whose Python has no pip. Only for what needs no package manager: a pure wheel without dependencies,
whose build backend lies in the package itself (PEP 517 "backend-path" without "requires").

Usage: install_source.py PACKAGE SITE_PACKAGES [FOLDER_FOR_THE_WHEEL]
"""

import importlib
import os
import shutil
import sys
import tempfile
import zipfile


def main(source: str, site_packages: str, keep_in: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        wheel = source if source.endswith(".whl") else os.path.join(folder, build_wheel(source, folder))
        with zipfile.ZipFile(wheel) as archive:
            names = archive.namelist()
            metadata = next(archive.read(name).decode() for name in names if name.endswith(".dist-info/METADATA"))
            if "\nRequires-Dist:" in metadata:
                sys.exit("this package needs pip: it depends on others. Install pip (Debian: python3-pip) and try again.")
            archive.extractall(site_packages)
        if keep_in:
            shutil.copy(wheel, keep_in)


def build_wheel(source: str, folder: str) -> str:
    if not os.path.isdir(source):
        sys.exit("this package needs pip: it is no folder and no wheel. Install pip (Debian: python3-pip) and try again.")
    build = read_build_system(os.path.join(source, "pyproject.toml"))
    if build.get("requires") or not build.get("backend-path"):
        sys.exit("this package needs pip: its build backend is not part of it. Install pip (Debian: python3-pip) and try again.")
    os.chdir(source)
    sys.path[:0] = [os.path.join(source, path) for path in build["backend-path"]]
    name: str = importlib.import_module(build["build-backend"]).build_wheel(folder)
    return name


def read_build_system(path: str) -> dict:
    """The build-system table; tomllib came with Python 3.11, so older ones read just the three keys."""
    with open(path, "rb") as file:
        text = file.read()
    try:
        import tomllib

        return tomllib.loads(text.decode()).get("build-system", {})
    except ImportError:
        import ast

        table = text.decode().split("[build-system]", 1)[1].split("\n[", 1)[0]
        pairs = (line.split("=", 1) for line in table.splitlines() if "=" in line)
        return {key.strip(): ast.literal_eval(value.strip()) for key, value in pairs}


main(os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2]), os.path.abspath(sys.argv[3]) if len(sys.argv) > 3 else "")
