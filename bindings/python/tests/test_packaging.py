"""The wheel: what is in it, and that it works where there is no Swift and no source tree."""

import base64
import csv
import hashlib
import os
import pathlib
import re
import subprocess
import sys
import tarfile
import zipfile

import dosai
import pytest

PACKAGE = pathlib.Path(__file__).resolve().parents[1]
ROOT = PACKAGE.parents[1]
LIBRARY = os.environ.get("DOSAI_LIBRARY") or str(ROOT / "build" / "lib" / "libdosai.so.0")
TEN_LINES = """
import sys, dosai
with dosai.Client(api_key="k", base_url=sys.argv[1]) as client:
    stream = client.chat.completions.create(model="m", messages=[{"role": "user", "content": "Hi"}], stream=True)
    for chunk in stream:
        for choice in chunk.choices:
            print(choice.delta.content or "", end="")
print()
print(dosai.__file__)
print(*(line.split()[-1] for line in open("/proc/self/maps") if "libdosai" in line))
"""


def pip(*arguments, **environment):
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, env={**os.environ, **environment})


def build(out, tree=PACKAGE, **environment):
    return pip("wheel", "--no-deps", "--no-index", "--no-build-isolation", "--wheel-dir", out, tree, **environment)


@pytest.fixture(scope="session")
def wheel(tmp_path_factory):
    out = tmp_path_factory.mktemp("wheel")
    done = build(out, DOSAI_LIBRARY=LIBRARY)
    assert done.returncode == 0, done.stdout + done.stderr
    (path,) = out.iterdir()
    return path


@pytest.fixture(scope="session")
def clean_python(wheel, tmp_path_factory):
    """A venv that has the wheel and nothing else."""
    folder = tmp_path_factory.mktemp("clean") / "venv"
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    python = folder / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "-q", "--no-index", "--no-deps", wheel], check=True)
    return python


def test_the_wheel_is_of_this_platform_and_whole(wheel):
    assert re.fullmatch(r"dosai-[\d.]+-py3-none-(many)?linux_\w+\.whl", wheel.name)
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        assert {"dosai/py.typed", "dosai/__init__.py", "dosai/libdosai.so.0"} <= names
        assert [name for name in names if ".so" in name] == ["dosai/libdosai.so.0"]
        assert archive.read("dosai/libdosai.so.0") == pathlib.Path(LIBRARY).read_bytes()
        info = wheel.name.split("-py3")[0] + ".dist-info"
        assert "Root-Is-Purelib: false" in archive.read(f"{info}/WHEEL").decode()
        assert archive.read(f"{info}/licenses/LICENSE") == (ROOT / "LICENSE").read_bytes()
        rows = {row[0]: row[1:] for row in csv.reader(archive.read(f"{info}/RECORD").decode().splitlines())}
        assert set(rows) == names
        for name in names - {f"{info}/RECORD"}:
            data = archive.read(name)
            digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")
            assert rows[name] == [f"sha256={digest}", str(len(data))]


def test_the_wheel_streams_where_swift_is_absent(server, clean_python, tmp_path):
    path = clean_python.parent
    assert not (path / "swift").exists()
    done = subprocess.run([clean_python, "-c", TEN_LINES, server.base("hello")], capture_output=True, text=True,
                          cwd=tmp_path, env={"PATH": str(path)})
    assert done.stderr == ""
    text, package, libraries = done.stdout.splitlines()
    assert text == "Hello! How can I help you today?"
    assert package.startswith(str(path.parent)) and libraries.startswith(os.path.dirname(package))


def test_pytest_finds_the_fixture_of_the_wheel(clean_python, tmp_path):
    (tmp_path / "test_it.py").write_text("def test_it(dosai_server):\n"
                                         "    import dosai\n"
                                         "    dosai_server.reply('Hello!')\n"
                                         "    client = dosai.Client(base_url=dosai_server.base_url, api_key='k')\n"
                                         "    answer = client.chat.completions.create(model='m', messages=[])\n"
                                         "    assert answer.choices[0].message.content == 'Hello!'\n"
                                         "    assert dosai.__file__.startswith(%r)\n" % str(clean_python.parents[1]))
    (packages,) = clean_python.parents[1].glob("lib/python*/site-packages")
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", tmp_path]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path,
                          env={**os.environ, "PYTHONPATH": str(packages)})
    assert done.returncode == 0 and "1 passed" in done.stdout, done.stdout + done.stderr


def test_type_checkers_see_the_wheel(clean_python, tmp_path):
    pytest.importorskip("mypy")
    program = tmp_path / "program.py"
    program.write_text("import dosai\nreveal_type(dosai.Client().chat.completions.create(model='m', messages=[]))\n")
    done = subprocess.run([sys.executable, "-m", "mypy", "--strict", "--python-executable", clean_python, program],
                          capture_output=True, text=True, cwd=tmp_path, env={**os.environ, "PYTHONPATH": ""})
    assert 'Revealed type is "dosai._models.ChatCompletion"' in done.stdout and "error" not in done.stdout


def test_what_is_missing_is_said(tmp_path):
    done = build(tmp_path, PATH=str(tmp_path), DOSAI_LIBRARY="")
    assert done.returncode and "this machine lacks: swift, make, cc, strip, pkg-config" in done.stdout + done.stderr
    done = build(tmp_path, DOSAI_LIBRARY="/nowhere/libdosai.so.0")
    assert done.returncode and "dosai: there is no /nowhere/libdosai.so.0" in done.stdout + done.stderr


def test_the_source_distribution_makes_the_same_wheel(wheel, tmp_path):
    command = [sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", tmp_path]
    subprocess.run(command, check=True, cwd=PACKAGE, capture_output=True)
    (path,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        archive.extractall(tmp_path, **({"filter": "data"} if hasattr(tarfile, "data_filter") else {}))
    (tree,) = (entry for entry in tmp_path.iterdir() if entry.is_dir())
    done = build(tmp_path, tree, PATH=str(tmp_path), DOSAI_LIBRARY="")
    assert done.returncode and "this machine lacks: swift" in done.stdout + done.stderr
    done = build(tmp_path, tree, DOSAI_LIBRARY=LIBRARY)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / wheel.name).read_bytes() == wheel.read_bytes()


def test_the_version_is_the_headers():
    header = (ROOT / "include" / "dosai.h").read_text()
    version = re.search(r'#define DOSAI_VERSION "(.*)"', header).group(1)
    assert f'\nversion = "{version}"\n' in (PACKAGE / "pyproject.toml").read_text()
    number = int(re.search(r"#define DOSAI_VERSION_NUMBER (\d+)", header).group(1))
    assert (dosai.__version__, dosai._ffi.VERSION_NUMBER) == (version, number)
