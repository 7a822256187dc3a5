// swift-tools-version:6.2
import PackageDescription

let examples = ["chat", "stream", "tools", "json_mode", "many"]

let package = Package(
  name: "dosai-swift",
  platforms: [.macOS(.v15)],
  products: [.library(name: "Dosai", targets: ["Dosai"])],
  targets: [
    .systemLibrary(name: "CLibdosai", pkgConfig: "dosai"),
    .target(name: "Dosai", dependencies: ["CLibdosai"]),
    .target(name: "Support", dependencies: ["Dosai"], path: "tests/Support"),
    .executableTarget(name: "testee", dependencies: ["Dosai", "Support"], path: "tests/testee"),
    .executableTarget(name: "own", dependencies: ["Dosai", "Support"], path: "tests/own"),
  ]
    + examples.map { name in
      .executableTarget(
        name: name, dependencies: ["Dosai"], path: "examples",
        exclude: examples.filter { $0 != name }.map { $0 + ".swift" })
    }
)
