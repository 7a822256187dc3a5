"""The bundle is what its SBOM says."""
import hashlib, json, os, pathlib, re

from spdx_tools.spdx.parser.parse_anything import parse_file
from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document

LIBRARY = pathlib.Path(os.environ["DOSAI_LIBRARY"])
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "dosai/sources"
SBOM = json.loads((LIBRARY.parents[1] / "sbom.spdx.json").read_text())
PACKAGES = {package["name"]: package for package in SBOM["packages"]}
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
