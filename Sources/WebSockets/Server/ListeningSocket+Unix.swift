// In a whole-module build the socket headers belong to the first C module that includes them.
internal import CLibuv
internal import CLibwebsockets
internal import Glibc

extension ListeningSocket {
    /// Binds a Unix socket, and listens.
    ///
    /// A file that a process left behind is replaced; one at which somebody listens, or that is no socket, is kept.
    init(_ unix: UnixPath) throws(WebSocketError) {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw Self.failure(unix, errnoText(errno)) }
        Self.setUp(descriptor)
        // The file gets no more than this while it is made: its group isn't the right one yet.
        fchmod(descriptor, unix.mode & 0o700)
        do throws(WebSocketError) {
            try Self.bind(descriptor, to: unix)
        } catch {
            Glibc.close(descriptor)
            throw error
        }
        let file = SocketFile(at: unix.path)
        do throws(WebSocketError) {
            if let group = unix.group, unsafe chown(unix.path, uid_t.max, group) != 0 {
                throw Self.failure(unix, "its group can't be set: \(errnoText(errno))")
            }
            guard unsafe chmod(unix.path, unix.mode) == 0 else {
                throw Self.failure(unix, "its mode can't be set: \(errnoText(errno))")
            }
            // Nobody can connect before.
            guard listen(descriptor, SOMAXCONN) == 0 else { throw Self.failure(unix, errnoText(errno)) }
        } catch {
            file?.remove()
            Glibc.close(descriptor)
            throw error
        }
        self.init(descriptor: descriptor, address: .unix(path: unix.path), file: file)
    }

    private static func bind(_ descriptor: Int32, to unix: UnixPath) throws(WebSocketError) {
        guard unix.path.utf8.count <= UnixPath.maximumSize, !unix.path.isEmpty else {
            throw failure(unix, "a path has 1 to \(UnixPath.maximumSize) bytes")
        }
        if SocketAddress.bind(descriptor, to: unix.path) { return }
        guard errno == EADDRINUSE else { throw failure(unix, errnoText(errno)) }
        guard SocketFile(at: unix.path) != nil else {
            throw failure(unix, "there is a file that is no socket")
        }
        guard isStale(unix.path) else { throw failure(unix, errnoText(EADDRINUSE), inUse: true) }
        unsafe unlink(unix.path)
        guard SocketAddress.bind(descriptor, to: unix.path) else {
            throw failure(unix, errnoText(errno), inUse: errno == EADDRINUSE)
        }
    }

    /// Whether nobody listens at a path any more.
    private static func isStale(_ path: String) -> Bool {
        let visitor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        guard visitor >= 0 else { return false }
        defer { Glibc.close(visitor) }
        // Not to wait where a listener's queue is full.
        setUp(visitor)
        return !SocketAddress.connect(visitor, to: path) && errno == ECONNREFUSED
    }

    private static func failure(_ unix: UnixPath, _ reason: String, inUse: Bool = false) -> WebSocketError {
        .cannotListen(address: "unix:\(unix.path)", reason: reason, inUse: inUse)
    }
}

/// The file of a Unix socket, which is removed only while it is still the same one.
struct SocketFile {
    private let path: String
    private let device: dev_t
    private let number: ino_t

    /// Looks at a file; nil unless there is a socket.
    init?(at path: String) {
        var status = stat()
        guard unsafe lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK else { return nil }
        self.path = path
        device = status.st_dev
        number = status.st_ino
    }

    func remove() {
        guard let now = SocketFile(at: path), now.device == device, now.number == number else { return }
        unsafe unlink(path)
    }
}
