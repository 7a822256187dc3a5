"""conda.py RECIPE FOLDER: renders the recipe for each processor, and builds this one's package, with rattler-build, in
FOLDER, which has the tarball. Prints the package's path."""
import hashlib, pathlib, platform, sys

import rattler_build

recipe, folder = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
tarball, = folder.glob("*.tar.gz")
text = (recipe / "recipe.yaml").read_text()
for target in ("x86_64", "aarch64"):
    config = rattler_build.RenderConfig(rattler_build.PlatformConfig(target_platform="linux-" + target.replace("x86_", "")))
    rendered, = rattler_build.Stage0Recipe.from_yaml(text).render(rattler_build.VariantConfig(), config)
    source, = rendered.recipe.to_dict()["source"]
    assert source["url"].endswith("-%s-linux-gnu.tar.gz" % target), source
# Of the tarball that is here, whose checksum is known.
here = folder / "recipe"
here.mkdir()
(here / "build.sh").write_bytes((recipe / "build.sh").read_bytes())
text = text.replace("https://dos.ai/dist", folder.as_uri()).replace("0" * 64, hashlib.sha256(tarball.read_bytes()).hexdigest())
(here / "recipe.yaml").write_text(text)
rendered, = rattler_build.Stage0Recipe.from_file(here / "recipe.yaml").render()
tools = rattler_build.ToolConfiguration(test_strategy="native")
built = rendered.run_build(tools, output_dir=folder / "output", channels=[], package_format="tar.bz2")
print(built.packages[0])
