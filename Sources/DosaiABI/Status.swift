import CDosai
import DosaiCore

@implementation @_cdecl("dosai_status_name")
public func dosai_status_name(_ status: dosai_status) -> UnsafePointer<CChar>? {
  lend(Status(rawValue: status)?.name ?? "UNKNOWN")
}
