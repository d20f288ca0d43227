internal import CLibwebsockets
internal import Glibc

/// Everything that depends on internals of one build of libwebsockets.
///
/// The library's interface guarantees none of this, so each dependency has a test that fails when it doesn't hold. With
/// another build the relay does without, and leaves memory allocated that it can't free safely.
package enum LibraryBuild {
    private static let known = "4.1.6"

    /// The version of the loaded library, such as `4.1.6-unknown`.
    package static var version: String {
        unsafe lws_get_library_version().map { unsafe String(cString: $0) } ?? "none"
    }

    /// Whether a version is the known one, whatever suffix its packager added.
    package static func isKnown(_ version: String) -> Bool {
        version == known || version.hasPrefix(known + "-") || version.hasPrefix(known + " ")
    }

    /// A warning for the operator, in one line, about another version; nil for the known one.
    package static func warning(of version: String) -> String? {
        isKnown(version)
            ? nil
            : "libwebsockets is \(version), and everything here was tried with \(known): a stop may leave memory behind"
    }

    /// Whether the loaded library is the known one.
    ///
    /// That one closes the descriptor of a context's event pipe twice, which `EventLoop.closeContext` has to prevent.
    static let isKnown = isKnown(version)

    /// Cancels an upgrade that waits for confirmation, so that the request is served as a plain one; false when it
    /// can't.
    ///
    /// After the confirmation the known library reads the upgrade's name again from the same memory, and serves the
    /// request as a plain one when it doesn't know the name. For an unknown upgrade that memory may be freed, so it is
    /// compared first.
    static func ignoreUpgrade(_ place: UnsafeMutableRawPointer?, to name: String) -> Bool {
        guard isKnown, let place = unsafe place else { return false }
        let found = unsafe place.assumingMemoryBound(to: CChar.self)
        let isThere = unsafe name.withCString { unsafe strcmp($0, found) == 0 }
        if isThere { unsafe place.storeBytes(of: UInt8(ascii: "-"), as: UInt8.self) }
        return isThere
    }

    /// The offset of the memory that `lws_partial_buffered` reads in a connection, for prefetching it.
    ///
    /// With another build the prefetch is merely useless.
    static var partialPlace: Int { 0x2d0 }
}
