// usage: own calls | ends | leaks
import Support

switch CommandLine.arguments.last {
case "calls": await calls()
case "ends": await ends()
case "leaks": await test("memory", leaks)
default: print("calls, ends or leaks?")
}
