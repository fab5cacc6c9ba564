"""Stands in for micromamba, mamba and conda: real virtual environments, no solver, no channels.

Usage: conda_stand_in.py STATE_FOLDER TYPE WORD...
TYPE is micromamba, mamba or conda; words are those of the real programs. Every call's words are kept in argv.jsonl.
What it proves is that the right words are said and the right answers understood, never what a solver would choose.
A package of the version `hang` is never done, one of the version `fail` fails half-way.
"""

import glob
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from typing import Dict, List, Optional

CHANNEL = "https://conda.invalid/conda-forge/noarch"
TAKES_VALUE = {"--prefix": "-p", "--name": "-n", "--file": "-f", "--channel": "-c", "--root-prefix": "-r"}


class StandIn:
    def __init__(self, state: str, kind: str, words: List[str]) -> None:
        self.state = state
        self.kind = kind
        self.options: Dict[str, str] = {}
        self.flags: List[str] = []
        self.words: List[str] = []
        rest = iter(words)
        for word in rest:
            short = TAKES_VALUE.get(word, word)
            if short in TAKES_VALUE.values():
                self.options[short] = next(rest, "")
            elif word.startswith("-"):
                self.flags.append(word)
            else:
                self.words.append(word)

    def run(self) -> int:
        if "--version" in self.flags:
            print({"micromamba": "2.4.0", "mamba": "2.4.0", "conda": "conda 24.9.2"}[self.kind])
            return 0
        verb, *rest = self.words or [""]
        if verb == "create":
            return self.create(rest)
        if verb == "env":
            action = rest[0] if rest else ""
            if action == "create" and self.kind != "micromamba":
                return self.create([])
            if action == "list" and "--json" in self.flags:
                return self.list()
            if action == "remove":
                return self.remove()
        sys.stderr.write("%s: unknown command %r\n" % (self.kind, self.words))
        return 109

    def create(self, specs: List[str]) -> int:
        prefix = self.prefix()
        packages = packages_of_file(self.options["-f"]) if "-f" in self.options else [package_of_spec(spec) for spec in specs]
        for package in packages:
            print("Linking %(name)s-%(version)s-%(build)s" % package, flush=True)
            if package["version"] == "hang":
                time.sleep(1000)
            if package["version"] == "fail":
                sys.stderr.write("error    libmamba %s: nothing provides it\n" % package["name"])
                return 1
            if package["name"] == "python":
                make_python(prefix)
            record(prefix, package)
        for requirement in pip_part(self.options.get("-f")):
            subprocess.run([os.path.join(prefix, "bin", "python"), "-m", "pip", "install", "--quiet", requirement], check=True)
        with open(os.path.join(self.state, "environments.txt"), "a") as known:
            known.write(prefix + "\n")
        return 0

    def list(self) -> int:
        prefixes = [self.root(), *sorted(glob.glob(os.path.join(glob.escape(self.root()), "envs", "*")))]
        try:
            with open(os.path.join(self.state, "environments.txt")) as known:
                prefixes += [line.rstrip("\n") for line in known]
        except FileNotFoundError:
            pass
        print(json.dumps({"envs": [path for path in dict.fromkeys(prefixes) if os.path.isdir(path)]}, indent=4))
        return 0

    def remove(self) -> int:
        prefix = self.prefix()
        if not os.path.isdir(prefix):
            sys.stderr.write("error    libmamba No environment at %s\n" % prefix)
            return 1
        shutil.rmtree(prefix)
        return 0

    def prefix(self) -> str:
        return self.options["-p"] if "-p" in self.options else os.path.join(self.root(), "envs", self.options["-n"])

    def root(self) -> str:
        return self.options.get("-r") or os.environ.get("MAMBA_ROOT_PREFIX") or os.path.join(self.state, "root")


def packages_of_file(path: str) -> List[Dict[str, str]]:
    with open(path) as file:
        lines = [line.rstrip("\n") for line in file]
    if "@EXPLICIT" in lines:
        return [package_of_address(line) for line in lines if line.startswith("https://")]
    return [package_of_spec(line.strip()[2:]) for line in lines if line.startswith(("- ", "  - ")) and not line.endswith(("pip:", "conda-forge"))]


def pip_part(path: Optional[str]) -> List[str]:
    """Entries that stand deeper than the others do, below `- pip:`."""
    if path is None:
        return []
    with open(path) as file:
        return [line.strip()[2:] for line in file if line.startswith("    - ")]


def package_of_spec(spec: str) -> Dict[str, str]:
    name, _, version = spec.strip().partition("=")
    return package(name, version.strip("=") or "1.0", "0")


def package_of_address(line: str) -> Dict[str, str]:
    address, _, md5 = line.partition("#")
    name, version, build = address.rsplit("/", 1)[1][: -len(".conda")].rsplit("-", 2)
    found = package(name, version, build)
    if found["md5"] != md5:
        sys.exit("error    libmamba %s: wrong checksum" % address)
    return found


def package(name: str, version: str, build: str) -> Dict[str, str]:
    url = "%s/%s-%s-%s.conda" % (CHANNEL, name, version, build)
    text = url.encode()
    return {"name": name, "version": version, "build": build, "url": url, "md5": hashlib.md5(text).hexdigest(), "sha256": hashlib.sha256(text).hexdigest()}


def make_python(prefix: str) -> None:
    """A virtual environment with the pip of this Python, as a conda environment has one of its own."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", prefix], check=True)
    try:
        import pip
    except ImportError:
        return
    source = os.path.dirname(os.path.dirname(pip.__file__))
    (target,) = glob.glob(os.path.join(glob.escape(prefix), "lib", "python3*", "site-packages"))
    for path in [os.path.dirname(pip.__file__), *glob.glob(os.path.join(glob.escape(source), "pip-*.dist-info"))]:
        os.symlink(path, os.path.join(target, os.path.basename(path)))


def record(prefix: str, package: Dict[str, str]) -> None:
    folder = os.path.join(prefix, "conda-meta")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "%(name)s-%(version)s-%(build)s.json" % package), "w") as file:
        json.dump(package, file)


def main(state: str, kind: str, *words: str) -> int:
    os.makedirs(state, exist_ok=True)
    with open(os.path.join(state, "argv.jsonl"), "a") as log:
        log.write(json.dumps(words) + "\n")
    return StandIn(state, kind, list(words)).run()


sys.exit(main(*sys.argv[1:]))
