internal import CLibwebsockets
internal import Glibc

/// The one build of libwebsockets whose insides are known here, and all that depends on them.
///
/// Its interface promises none of this: each thing has a test of its own that fails when it isn't so. With another
/// library the relay does without: it leaves memory behind that it can't free safely.
package enum LibraryBuild {
    private static let known = "4.1.6"

    /// The library that runs, such as `4.1.6-unknown`.
    package static var version: String {
        unsafe lws_get_library_version().map { unsafe String(cString: $0) } ?? "none"
    }

    /// Whether a library is the known one, whatever its packager added to the number.
    package static func isKnown(_ version: String) -> Bool {
        version == known || version.hasPrefix(known + "-") || version.hasPrefix(known + " ")
    }

    /// One line for the operator of a relay on another library; nil for the known one.
    package static func warning(of version: String) -> String? {
        isKnown(version)
            ? nil
            : "libwebsockets is \(version), and everything here was tried with \(known): a stop may leave memory behind"
    }

    /// Whether the one that runs is.
    ///
    /// It closes the descriptor of a context's event pipe twice: only then the end of a loop sees to that.
    static let isKnown = isKnown(version)

    /// Makes an upgrade that is to be confirmed none, so that its request is served as any other; false when it can't be.
    ///
    /// The known library looks at the name again when it is told to go on, at the same place, and serves what it doesn't
    /// know. That place is compared first: of an upgrade that the library doesn't know it may be gone.
    static func ignoreUpgrade(_ place: UnsafeMutableRawPointer?, to name: String) -> Bool {
        guard isKnown, let place = unsafe place else { return false }
        let found = unsafe place.assumingMemoryBound(to: CChar.self)
        let isThere = unsafe name.withCString { unsafe strcmp($0, found) == 0 }
        if isThere { unsafe place.storeBytes(of: UInt8(ascii: "-"), as: UInt8.self) }
        return isThere
    }

    /// Where a connection has what `lws_partial_buffered` looks at: the processor is asked for it ahead of time.
    ///
    /// Elsewhere that is only of no use.
    static var partialPlace: Int { 0x2d0 }
}
