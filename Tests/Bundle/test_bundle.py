"""The bundle is what its SBOM says, and what is its own in it is right."""
import hashlib, importlib.util, json, os, pathlib, re, subprocess
from importlib.machinery import SourceFileLoader

import pytest
from spdx_tools.spdx.parser.parse_anything import parse_file
from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document

LIBRARY = pathlib.Path(os.environ["DOSAI_LIBRARY"])
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "dosai/sources"
SBOM = json.loads((LIBRARY.parents[1] / "sbom.spdx.json").read_text())
PACKAGES = {package["name"]: package for package in SBOM["packages"]}
ROOT = pathlib.Path(__file__).resolve().parents[2]
INSIDE = {"curl", "mbedtls", "nghttp2", "zlib", "jansson"}


def test_it_is_spdx():
    document = parse_file(str(LIBRARY.parents[1] / "sbom.spdx.json"))
    assert [message.validation_message for message in validate_full_spdx_document(document)] == []


def test_each_package_is_told():
    assert SBOM["spdxVersion"] == "SPDX-2.3" and SBOM["dataLicense"] == "CC0-1.0"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", SBOM["creationInfo"]["created"])
    assert set(PACKAGES) == INSIDE | {"dosai", "swift-embedded"}
    ids = {package["SPDXID"] for package in PACKAGES.values()}
    related = {relation["relatedSpdxElement"] for relation in SBOM["relationships"]}
    assert related == ids
    for package in PACKAGES.values():
        assert package["versionInfo"] and package["licenseDeclared"] and package["downloadLocation"]


def test_these_versions_are_inside():
    data = LIBRARY.read_bytes()
    for name in ("curl", "nghttp2"):
        upstream = re.match(r"[\d.]+", PACKAGES[name]["versionInfo"])[0]
        assert upstream.encode() in data, (name, upstream)


def test_each_file_has_its_checksum():
    for name in INSIDE:
        package = PACKAGES[name]
        place = CACHE / ("%s_%s" % (name, package["versionInfo"].replace(":", "_")))
        told = dict(re.findall(r"(\S+) sha256:([0-9a-f]{64})", package["sourceInfo"]))
        assert any(".orig.tar" in file for file in told) and any(file.endswith(".dsc") for file in told)
        for file, digest in told.items():
            assert hashlib.sha256((place / file).read_bytes()).hexdigest() == digest


@pytest.fixture(scope="module")
def build():
    """As scripts/bundle has made it."""
    loader = SourceFileLoader("bundle", str(ROOT / "scripts/bundle"))
    bundle = importlib.util.module_from_spec(importlib.util.spec_from_loader("bundle", loader))
    loader.exec_module(bundle)
    made = bundle.Bundle(LIBRARY.parents[1].name)
    made.trees = {name: CACHE / ("%s_%s" % (name, PACKAGES[name]["versionInfo"].replace(":", "_"))) / "tree" for name in INSIDE}
    return made


def test_aes_gcm_is_that_of_mbedtls(build, tmp_path):
    objects = [path for path in (build.objects / "mbedtls").glob("*.o") if path.name != "library_gcm.c.o"]
    build.clang(*build.flags("mbedtls"), "-fno-sanitize=all", "-o", tmp_path / "gcm", ROOT / "Tests/Bundle/gcm_wide.c", *objects)
    subprocess.run([tmp_path / "gcm"], check=True, timeout=120)


def test_each_process_guards_its_stack_with_other_bytes(build, tmp_path):
    build.clang("-O2", "-o", tmp_path / "guard", ROOT / "Tests/Bundle/guard.c")
    guards = [int(subprocess.run([tmp_path / "guard"], check=True, capture_output=True).stdout, 16) for _ in range(3)]
    assert len(set(guards)) == 3 and all(guard % 256 == 0 and guard >= 1 << 32 for guard in guards)


def test_nothing_of_the_compilers_library_is_inside():
    """It has a memcmp that is slow, and a constant to guard the stack with."""
    said = subprocess.run(["nm", "-D", "--undefined-only", LIBRARY], check=True, capture_output=True, text=True).stdout
    names = {line.split()[-1].split("@")[0] for line in said.splitlines()}
    assert {"memcmp", "memcpy", "memmove", "__stack_chk_fail"} <= names and "__stack_chk_guard" not in names
