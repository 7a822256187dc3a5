"""What is put into the sources beside the mutants: the switch, and an operator or a function for each mutant."""
from places import WRONG, digits

LEVELS = {"Assignment": ("+=", "-="), "Mutant": ("flip", "pass"), "LogicalDisjunction": ("||",), "LogicalConjunction": ("&&",),
          "Comparison": ("<", "<=", ">", ">=", "==", "!=", "===", "!=="), "Addition": ("+", "-", "&+", "&-", "|"),
          "Multiplication": ("*", "/", "%", "&"), "BitwiseShift": ("<<", ">>", "&>>")}
POINTERS = [("UnsafePointer<T>", "<T>"), ("UnsafeMutablePointer<T>", "<T>"), ("UnsafeRawPointer", ""), ("UnsafeMutableRawPointer", "")]

# The switch, in DosaiCore, which may import nothing. A byte of a file says of each mutant whether it was reached.
SWITCH = """
@_extern(c, "getenv") private func c_getenv(_ name: UnsafePointer<CChar>) -> UnsafePointer<CChar>?
@_extern(c, "atoi") private func c_atoi(_ text: UnsafePointer<CChar>) -> Int32
@_extern(c, "open") private func c_open(_ path: UnsafePointer<CChar>, _ flags: Int32) -> Int32
@_extern(c, "close") private func c_close(_ file: Int32) -> Int32
@_extern(c, "mmap") private func c_mmap(
  _ address: UnsafeMutableRawPointer?, _ size: Int, _ protection: Int32, _ flags: Int32, _ file: Int32, _ offset: Int
) -> UnsafeMutableRawPointer?
private var chosen: Int32 = -1
private var reached: UnsafeMutablePointer<UInt8>?
private func variable(_ name: StaticString) -> UnsafePointer<CChar>? {
  name.utf8Start.withMemoryRebound(to: CChar.self, capacity: 1) { c_getenv($0) }
}
@inline(never) private func choose() {
  if let path = variable("DOSAI_MUTANTS_REACHED") {
    let file = c_open(path, 2)
    if file >= 0 {
      reached = c_mmap(nil, %d, 3, 1, file, 0)?.assumingMemoryBound(to: UInt8.self)
      _ = c_close(file)
    }
  }
  chosen = variable("DOSAI_MUTANT").map { c_atoi($0) } ?? 0
}
package func isMutant(_ number: Int32) -> Bool {
  if chosen < 0 { choose() }
  reached?[Int(number)] = 1
  return number == chosen
}
"""

# In each module. Lower than all that a condition is made of, so that it takes the whole of it.
MODULE = """
@inline(__always) func mutant(_ number: Int32) -> Bool { isMutant(number) }
precedencegroup MutantPrecedence { higherThan: TernaryPrecedence lowerThan: LogicalDisjunctionPrecedence }
"""


def helper(number, name):
    """The Swift of one mutant's operator or function."""
    if name in ("half", "more", "less"):
        other = {"half": "value / 2", "more": "value &+ 1", "less": "value &- 1"}[name]
        return function("%s%d<T: FixedWidthInteger>(_ value: T) -> T" % (name, number), number, other, "value")
    if name in ("min", "max"):
        other = {"min": "max", "max": "min"}[name]
        two = function("%s%d<T: Comparable>(_ a: T, _ b: T) -> T" % (name, number), number, other + "(a, b)", name + "(a, b)")
        return two + function("%s%d<T: Comparable>(_ a: T, _ b: T, _ c: T) -> T" % (name, number), number,
                              "{0}(a, {0}(b, c))".format(other), "{0}(a, {0}(b, c))".format(name))
    sign = {"flip": "⇄", "pass": "⇥"}.get(name, name) + digits(number)
    if name == "!":
        return "prefix operator %s\n%s" % (sign, function(sign + "(a: Bool) -> Bool", number, "a", "!a", "prefix "))
    level = next(level for level, names in LEVELS.items() if name in names)
    return "infix operator %s: %sPrecedence\n%s" % (sign, level, "".join(
        function(sign + head, number, *bodies) for head, *bodies in forms(name, WRONG.get(name))))


def function(head, number, wrong, right, before=""):
    return "@inline(__always) %sfunc %s { if mutant(%d) { return %s }; return %s }\n" % (before, head, number, wrong, right)


def forms(name, other):
    """For which types an operator is there, the wrong body and the right one."""
    right, wrong = "a %s b" % name, "a" if other == "its left" else "a %s b" % other
    if name in ("flip", "pass"):
        return [("(a: Bool, _: Bool) -> Bool", "!a" if name == "flip" else "true", "a")]
    if name in ("&&", "||"):
        return [("(a: Bool, b: @autoclosure () -> Bool) -> Bool", "a %s b()" % other, "a %s b()" % name),
                ("<E: Error>(a: Bool, b: @autoclosure () throws(E) -> Bool) throws(E) -> Bool",
                 "a ? %s : %s" % (("true", "try b()") if other == "||" else ("try b()", "false")),
                 "a ? %s : %s" % (("true", "try b()") if name == "||" else ("try b()", "false")))]
    if name in ("===", "!=="):
        return [("(a: AnyObject?, b: AnyObject?) -> Bool", wrong, right)]
    if name in ("==", "!="):
        return [("<T: Equatable>(a: T, b: T) -> Bool", wrong, right),
                ("<T>(a: T?, b: _OptionalNilComparisonType) -> Bool", wrong, right)]
    if name in LEVELS["Comparison"]:
        return [("<T: Comparable>(a: T, b: T) -> Bool", wrong, right)]
    if name in LEVELS["Assignment"]:
        return [("<T: AdditiveArithmetic>(a: inout T, b: T)", wrong, right),
                *(("%s(a: inout %s, b: Int)" % (generic, pointer), wrong, right) for pointer, generic in POINTERS)]
    if name in ("+", "-"):
        found = [("<T: AdditiveArithmetic>(a: T, b: T) -> T", wrong, right), ("<T>(a: [T], b: [T]) -> [T]", "a", right)]
        found = found[:1] if name == "-" else found
        for pointer, generic in POINTERS:
            found.append(("%s(a: %s, b: Int) -> %s" % (generic, pointer, pointer), wrong, right))
            if name == "-":
                found.append(("%s(a: %s, b: %s) -> Int" % (generic, pointer, pointer), "a - b + 1", right))
        return found
    if name in ("<<", ">>"):
        return [("<T: FixedWidthInteger>(a: T, b: Int) -> T", wrong, right)]
    return [("<T: FixedWidthInteger>(a: T, b: T) -> T", wrong, right)]
