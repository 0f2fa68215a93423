"""What is in a package: the same for the same sources, whole, for one architecture, and nothing of who built it."""

import os
import re
import shutil
from importlib.metadata import distributions
from itertools import pairwise
from pathlib import Path

import pytest

from tests.structure.places import ROOT
from tests.tools.package.built import Built, own_target, said
from tools.package.deb import build_deb
from tools.package.environment import check_machine
from tools.package.errors import PackageError
from tools.package.licences import copyright_text, licence
from tools.package.target import Target

DOCUMENTS = "usr/share/doc/jumpguard/"
SITE = "usr/lib/jumpguard/lib/python{}/site-packages/"


def is_folder(path: str) -> bool:
    """Whether a path of a package's contents is a folder; the root's own is empty."""
    return path == "" or path.endswith("/")


@pytest.mark.package  # it builds it all once more
def test_the_same_sources_give_the_same_bytes_wherever_and_however_they_are_built(
    built: Built, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setenv("TZ", "Asia/Shanghai")
    umask = os.umask(0o077)
    try:
        again = build_deb(ROOT, built.target, tmp_path / "elsewhere")
    finally:
        os.umask(umask)
    assert again.read_bytes() == built.file.read_bytes()


def test_everything_is_roots_and_nobody_else_may_write_it(built: Built) -> None:
    contents = built.contents()
    assert {entry.owner for entry in contents.values()} == {"root/root"}
    assert len({entry.time for entry in contents.values()}) == 1
    folders, files = "drwxr-xr-x", "-rw-r--r--"
    others = {path for path, entry in contents.items() if entry.mode != (folders if is_folder(path) else files)}
    assert {path for path in others if contents[path].link} == {"usr/bin/jumpguard", "usr/lib/jumpguard/bin/python"}
    modes = {path: contents[path].mode for path in others if not contents[path].link}
    assert modes == {"usr/lib/jumpguard/bin/jumpguard": "-rwxr-xr-x"}


def test_it_has_the_environment_the_command_the_unit_its_user_and_documents(built: Built) -> None:
    contents, site = built.contents(), SITE.format(built.target.python)
    wanted = {
        "usr/lib/systemd/system/jumpguard.service",
        "usr/lib/systemd/system/jumpguard-update.service",
        "usr/lib/systemd/system/jumpguard-update.path",
        "usr/lib/sysusers.d/jumpguard.conf",
    }
    wanted |= {f"{DOCUMENTS}{name}" for name in ("README.md", "CHANGELOG.md", "copyright", "changelog.Debian.gz")}
    wanted |= {f"{site}{name}/__init__.py" for name in ("agent", "board", "provisioning", "tools", "typer", "tuf")}
    wanted |= {f"{site}provisioning/locale/zh_CN/LC_MESSAGES/jumpguard.mo"}
    assert wanted <= set(contents)
    assert contents["usr/bin/jumpguard"].link == "../lib/jumpguard/bin/jumpguard"
    assert contents["usr/lib/jumpguard/bin/python"].link == f"/usr/bin/python{built.target.python}"
    assert {path for path in contents if not path.startswith("usr/")} == {""}
    assert not [
        path
        for path in contents
        if path.endswith(("/__pycache__/", "/.lock")) or path.startswith((f"{site}bin/", f"{site}tests/"))
    ]
    assert not {f"{site}{name}/" for name in ("sqlalchemy", "asyncssh", "pip", "setuptools", "babel")} & set(contents)


def test_nothing_in_it_names_a_folder_of_who_built_it(environment: Path) -> None:
    places = [str(ROOT).encode(), b"/tmp/", str(Path.home()).encode() + b"/"]
    ours = [
        path for name in ("*.py", "RECORD", "*.json", "pyvenv.cfg", "jumpguard") for path in environment.rglob(name)
    ]
    installed = [path for path in ours if "dist-info" in str(path) or path.parent in (environment, environment / "bin")]
    assert len(installed) > 30
    assert not [path for path in installed if path.is_file() and any(place in path.read_bytes() for place in places)]


def test_each_file_that_a_wheel_records_is_there(environment: Path) -> None:
    found = list(distributions(path=[str(next(environment.glob("lib/python3.*/site-packages")))]))
    assert {"jumpguard", "nfcpy", "rpi-lgpio", "cryptography"} <= {one.name for one in found}
    for one in found:
        assert not [file for file in one.files or () if not Path(file.locate()).exists()], one.name


def test_dpkg_is_told_its_version_its_python_and_the_sum_of_every_file(built: Built, tmp_path: Path) -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+-1~deb1[23]", built.field("Version"))
    depends = built.field("Depends").split(", ")
    assert f"python{built.target.python}" in depends
    assert any(one.startswith("systemd |") for one in depends)
    said("dpkg-deb", "--control", str(built.file), str(tmp_path / "control"))
    sums = {line.split("  ")[1] for line in (tmp_path / "control" / "md5sums").read_text().splitlines()}
    assert sums == {path for path, entry in built.contents().items() if not is_folder(path) and not entry.link}


def test_a_later_project_and_a_later_debian_count_as_newer() -> None:
    first, second = Target("arm64", "3.11"), Target("arm64", "3.13")
    ascending = [first.version("0.1.0"), second.version("0.1.0"), first.version("0.1.1")]
    for older, newer in pairwise(ascending):
        said("dpkg", "--compare-versions", older, "lt", newer)


@pytest.mark.parametrize(("architecture", "python"), [("armhf", "3.11"), ("amd64", "3.12")])
def test_what_no_package_is_built_for_is_refused(architecture: str, python: str) -> None:
    with pytest.raises(PackageError, match="no package is built for"):
        Target(architecture, python)


def test_a_compiled_file_of_another_architecture_is_refused_by_name(environment: Path, tmp_path: Path) -> None:
    (compiled, *_) = environment.rglob("_cffi_backend*.so")
    shutil.copy(compiled, tmp_path)
    check_machine(tmp_path, own_target())
    for machine, python in (("arm64", "3.11"), ("amd64", "3.11")):
        other = Target(machine, python)
        if other.machine != own_target().machine:
            with pytest.raises(PackageError, match=compiled.name):
                check_machine(tmp_path, other)
    (tmp_path / compiled.name).write_bytes(b"no ELF")
    with pytest.raises(PackageError, match=compiled.name):
        check_machine(tmp_path, own_target())


def test_every_wheel_is_named_with_its_licence_and_its_text(environment: Path) -> None:
    (site,) = environment.glob("lib/python3.*/site-packages")
    text = copyright_text(site)
    for one in distributions(path=[str(site)]):
        if one.name != "jumpguard":
            assert f"\n{one.name} {one.version}: {licence(one)}\n" in text
    for words in ("GNU LESSER GENERAL PUBLIC LICENSE", "EUROPEAN UNION PUBLIC LICENCE", "Apache License", "BSD"):
        assert words.lower() in text.lower()


def test_a_wheel_that_states_no_licence_is_not_passed_on(tmp_path: Path) -> None:
    record = tmp_path / "nameless-1.0.dist-info"
    record.mkdir()
    (record / "METADATA").write_text("Metadata-Version: 2.1\nName: nameless\nVersion: 1.0\n")
    with pytest.raises(PackageError, match=r"nameless 1\.0 states no licence"):
        copyright_text(tmp_path)


def test_sources_of_which_nobody_says_the_time_are_refused(tmp_path: Path) -> None:
    with pytest.raises(PackageError, match="SOURCE_DATE_EPOCH"):
        build_deb(tmp_path, own_target(), tmp_path)


def test_a_wheel_that_is_not_the_locked_one_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    for name in ("agent", "board", "provisioning", "tools"):
        (tmp_path / "project" / name).mkdir(parents=True)
    (tmp_path / "project" / "locks").mkdir()
    (tmp_path / "project" / "locks" / "device.txt").write_text(f"microdot==2.7.0 --hash=sha256:{'0' * 64}\n")
    with pytest.raises(PackageError, match=r"(?s)microdot.*[Hh]ash"):
        build_deb(tmp_path / "project", own_target(), tmp_path)
