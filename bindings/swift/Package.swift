// swift-tools-version:6.2
// The tests and examples of the product Dosai, which the package at the root of the source tree has.
import PackageDescription

let dosai = Target.Dependency.product(name: "Dosai", package: "dosai")
let examples = ["chat", "stream", "tools", "json_mode", "many"]

let package = Package(
  name: "dosai-swift",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "dosai", path: "../..")],
  targets: [
    .target(name: "Support", dependencies: [dosai], path: "tests/Support"),
    .executableTarget(name: "testee", dependencies: [dosai, "Support"], path: "tests/testee"),
    .executableTarget(name: "own", dependencies: [dosai, "Support"], path: "tests/own"),
  ]
    + examples.map { name in
      .executableTarget(
        name: name, dependencies: [dosai], path: "examples",
        exclude: examples.filter { $0 != name }.map { $0 + ".swift" })
    }
)
