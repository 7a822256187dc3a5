"""What is added to the disk and to a process."""
import pathlib
import subprocess

import common

OUTSIDE = {"pip", "setuptools", "pkg_resources", "_distutils_hack", "distutils-precedence.pth"}


def run(times, quick):
    """{"library": {"bytes", "needs"}, "disk": {name: bytes}, "memory": {way: [KB beyond an empty process, a run each]}}"""
    names = common.clients(quick)
    disk = {"libdosai": common.LIBRARY.stat().st_size}
    for name in names:
        disk[name] = size(site(name)) if name != "dosai" else disk["libdosai"] + size([common.ROOT / "bindings/python/dosai"])
        for file in biggest(site(name)) if name == "liter-llm" else []:
            disk["liter-llm's library"] = file.stat().st_size
    programs = {"libcurl": common.build("cold_curl", "curl", source="cold.c"),
                "libdosai": common.build("cold_dosai", "dosai", source="cold.c", flags=("-DWITH_DOSAI",))}
    ways = {name: lambda program=program: common.output(program, 0)[0] for name, program in programs.items()}
    ways.update({name: lambda name=name: common.client(name, "load")[0] - empty(name) for name in names})
    return {"library": {"bytes": disk["libdosai"], "needs": needed(common.LIBRARY)}, "disk": disk,
            "memory": common.in_turns(ways, times)}


def site(name):
    folder = next((common.comparison.PLACE / name / "lib").glob("python3*/site-packages"))
    return [path for path in folder.iterdir() if path.name.split("-")[0] not in OUTSIDE and path.name not in OUTSIDE]


def files(paths):
    every = [file for path in paths for file in ([path] if path.is_file() else path.rglob("*"))]
    return [file for file in every if file.is_file() and "__pycache__" not in file.parts]


def size(paths):
    return sum(file.stat().st_size for file in files(paths))


def biggest(paths):
    return [max((file for file in files(paths) if ".so" in pathlib.Path(file).suffixes), key=lambda file: file.stat().st_size)]


def needed(library):
    ran = subprocess.run(["readelf", "-d", library], capture_output=True, text=True, check=True)
    return [line.split("[")[1].rstrip("]") for line in ran.stdout.splitlines() if "(NEEDED)" in line]


def empty(name):
    """The memory of its Python alone, in KB."""
    code = "print(next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmRSS:')))"
    return common.output(common.comparison.python_of(name), "-c", code)[0]
