/// The file of a Unix socket, and who may connect to it.
package struct UnixPath: Hashable, Sendable {
    /// The most bytes of a path.
    package static let maximumSize = 107

    /// The path; a relative one begins at the working directory.
    package var path: String
    /// The file's mode, without the bits of its type: who may write to it may connect.
    package var mode: UInt32
    /// The number of the group that it belongs to; nil keeps that of the process.
    package var group: UInt32?

    /// Names a file; by default its owner and its group may connect.
    package init(_ path: String, mode: UInt32 = 0o660, group: UInt32? = nil) {
        self.path = path
        self.mode = mode
        self.group = group
    }
}
