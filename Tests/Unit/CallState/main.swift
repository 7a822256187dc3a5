// Tries every order of events on CallState, and that the search finds each of six faults. It is compiled with the
// sources of DosaiCore, optimised: `make test-swift`.

import Glibc

typealias Kind = (driver: CallDriver, isStream: Bool, hasTotal: Bool)
let kinds: [Kind] = CallDriver.allCases.flatMap { driver in
  [(driver, true, true), (driver, true, false), (driver, false, true), (driver, false, false)]
}
let depth = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 5  // of the sequences
var wrong = 0
var states = 0
var transitions = 0
var sequences = 0

for kind in kinds {
  let explorer = CallExplorer<SoundCall>(kind.driver, isStream: kind.isStream, hasTotal: kind.hasTotal)
  var effects: CallExplorer<SoundCall>.Effects = [:]
  let result = explorer.explore(&effects)
  var count = 0
  let fault = result.fault ?? explorer.walk(depth, from: explorer.start, effects, &count)
  let name = "\(kind.driver), \(kind.isStream ? "stream" : "whole answer")\(kind.hasTotal ? ", total clock" : "")"
  print(
    "\(name): \(explorer.events.count) events, \(result.states) states, \(result.transitions) transitions, "
      + "\(result.depth) deep, \(count) events in sequences of up to \(depth)\(fault.map { ": FAULT: \($0)" } ?? "")")
  if fault != nil { wrong += 1 }
  states += result.states
  transitions += result.transitions
  sequences += count
}

func expectFault<Machine: CallMachine>(_ machine: Machine.Type) {
  for kind in kinds {
    var effects: CallExplorer<Machine>.Effects = [:]
    let explorer = CallExplorer<Machine>(kind.driver, isStream: kind.isStream, hasTotal: kind.hasTotal)
    if let fault = explorer.explore(&effects).fault { return print("\(machine): found: \(fault)") }
  }
  print("\(machine): NOT FOUND")
  wrong += 1
}
expectFault(EndsTwice.self)
expectFault(LosesADeadline.self)
expectFault(ActsAfterTheEnd.self)
expectFault(RunsClocksInAPause.self)
expectFault(TriesOnceTooOften.self)
expectFault(LosesACancel.self)

print("CallState: \(states) states, \(transitions) transitions, \(sequences) events in sequences, \(wrong) faults")
exit(wrong > 0 ? 1 : 0)
