import CDosai
import DosaiCore
import DosaiHTTP

extension CancelToken: Handled { static var typeTag: UInt32 { 0x4341_4E43 } }

@implementation @_cdecl("dosai_cancel_new")
public func dosai_cancel_new(
  _ out_cancel: UnsafeMutablePointer<OpaquePointer?>?, _ out_error: UnsafeMutablePointer<OpaquePointer?>?
) -> dosai_status {
  catchFailure(out_error) { () throws(Failure) in
    let out = try cleared(out_cancel, "out_cancel: is NULL")
    try out.give(try CancelToken())
  }
}

@implementation @_cdecl("dosai_cancel_trigger")
public func dosai_cancel_trigger(_ cancel: OpaquePointer?) { Handle.peek(cancel, CancelToken.self)?.trigger() }

@implementation @_cdecl("dosai_cancel_is_triggered")
public func dosai_cancel_is_triggered(_ cancel: OpaquePointer?) -> Int32 {
  Handle.peek(cancel, CancelToken.self)?.isTriggered == true ? 1 : 0
}

@implementation @_cdecl("dosai_cancel_free")
public func dosai_cancel_free(_ cancel: OpaquePointer?) { Handle.free(cancel, CancelToken.self) }
