import CDosai
import DosaiCore

let version: StaticString = "0.1.0"

@implementation @_cdecl("dosai_version")
public func dosai_version() -> UnsafePointer<CChar>? { lend(version) }

@implementation @_cdecl("dosai_version_number")
public func dosai_version_number() -> Int32 { 100 }
