// swift-tools-version:6.2
import PackageDescription

// Release is Embedded Swift, a library without a runtime; debug is ordinary Swift for tests and sanitizers.
let settings: [SwiftSetting] = [
  .enableExperimentalFeature("Embedded", .when(configuration: .release)),
  .enableExperimentalFeature("Extern"),
  .define("KQUEUE", .when(platforms: [.macOS, .openbsd, .custom("freebsd")])),
  .swiftLanguageMode(.v5),
  .unsafeFlags(
    [
      "-Osize", "-enforce-exclusivity=unchecked", "-Xfrontend", "-function-sections",
      "-Xfrontend", "-disable-incremental-llvm-codegen",  // else each module leaves a hash of the build's paths in it
    ], .when(configuration: .release)),
  // Frame pointers cost up to 10 % of the instructions above the floor, and 7 KB on arm64. SwiftPM adds them, unless
  // it is asked not to, as in the Makefile. Unwind tables, which the compiler makes for some files only, take 29 KB.
  .unsafeFlags(
    ["-Xcc", "-fomit-frame-pointer", "-Xcc", "-fno-asynchronous-unwind-tables", "-Xcc", "-fno-unwind-tables"],
    .when(platforms: [.linux], configuration: .release)),
]

let linker: [LinkerSetting] = [
  .unsafeFlags(
    [
      "-use-ld=lld",
      "-Xlinker", "-soname=libdosai.so.0",
      "-Xlinker", "--version-script=\(Context.packageDirectory)/Sources/DosaiABI/exports.map",
      "-Xlinker", "-z", "-Xlinker", "defs",
      "-Xlinker", "-z", "-Xlinker", "nodelete",
      "-Xlinker", "--gc-sections",
      "-Xlinker", "--strip-debug",  // which has paths in it, and the build ID is a hash of all
      "-Xlinker", "--icf=all",
    ], .when(platforms: [.linux], configuration: .release))
]

let package = Package(
  name: "dosai",
  platforms: [.macOS(.v15)],
  products: [
    .library(name: "dosai", type: .dynamic, targets: ["DosaiABI"]),
    .library(name: "Dosai", targets: ["Dosai"]),
  ],
  targets: [
    .systemLibrary(name: "CDosai", path: "include"),
    .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
    .systemLibrary(name: "CJansson", pkgConfig: "jansson", providers: [.apt(["libjansson-dev"])]),
    .systemLibrary(name: "CSystem"),
    .target(name: "DosaiCore", exclude: ["README.md"], swiftSettings: settings),
    .target(
      name: "DosaiJSON", dependencies: ["CJansson", "CSystem", "DosaiCore"], exclude: ["README.md"],
      swiftSettings: settings),
    .target(
      name: "DosaiHTTP", dependencies: ["CCurl", "CSystem", "DosaiCore"], exclude: ["README.md"],
      swiftSettings: settings),
    // SwiftPM links in the order of the names. Its copies of what DosaiABI has, too, take 10 KB less: so it comes first.
    .target(
      name: "DosAIEngine", dependencies: ["CSystem", "DosaiCore", "DosaiJSON", "DosaiHTTP"], exclude: ["README.md"],
      swiftSettings: settings),
    .target(
      name: "DosaiABI", dependencies: ["CDosai", "CSystem", "DosAIEngine", "DosaiCore", "DosaiHTTP"],
      exclude: ["README.md", "exports.map"],
      swiftSettings: settings, linkerSettings: linker),
    // Swift's binding. It has the header of the tree, and is linked to the library that is installed: the engine has a
    // runtime's part of its own, which cannot be in one program with Swift's.
    .systemLibrary(name: "CLibdosai", path: "bindings/swift/Sources/CLibdosai", pkgConfig: "dosai"),
    .target(name: "Dosai", dependencies: ["CDosai", "CLibdosai"], path: "bindings/swift/Sources/Dosai"),
    .testTarget(
      name: "TestSupport", dependencies: ["DosaiCore"], path: "Tests/Unit/Support",
      swiftSettings: [.swiftLanguageMode(.v5)]),
    .testTarget(
      name: "DosaiCoreTests", dependencies: ["DosaiCore", "TestSupport"], path: "Tests/Unit/DosaiCoreTests",
      swiftSettings: [.swiftLanguageMode(.v5)]),
    .testTarget(
      name: "DosaiJSONTests", dependencies: ["DosaiCore", "DosaiJSON", "TestSupport"],
      path: "Tests/Unit/DosaiJSONTests",
      swiftSettings: [.swiftLanguageMode(.v5)]),
    .testTarget(
      name: "DosaiHTTPTests", dependencies: ["CCurl", "DosaiHTTP", "TestSupport"],
      path: "Tests/Unit/DosaiHTTPTests",
      swiftSettings: [.swiftLanguageMode(.v5)]),
    .testTarget(
      name: "DosaiABITests", dependencies: ["CDosai", "DosAIEngine", "DosaiABI", "DosaiCore"],
      path: "Tests/Unit/DosaiABITests",
      swiftSettings: [.swiftLanguageMode(.v5)]),
  ]
)
