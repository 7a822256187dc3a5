// The testee of Swift: see Tests/Bindings/README.md.
import Support

#if canImport(Glibc)
  @preconcurrency import Glibc
#else
  @preconcurrency import Musl
#endif

setvbuf(stdout, nil, _IOLBF, 0)
if CommandLine.arguments.dropFirst().first == "chat" { exit(try await chat(Array(CommandLine.arguments.dropFirst(2)))) }
let server = Server()
while let line = readLine() { print(await server.answer(JSON(line))) }
