internal import CLibwebsockets
internal import Glibc

/// What dialled TLS sessions are made of, by the files that they need; used on one loop's thread.
///
/// To read the system's authorities takes a while, so that they are read once. Files of one's own are read again when
/// they have changed.
@safe final class ClientSessions: LoopResident {
    private struct Files: Hashable {
        let authority: String?
        let identity: TLSIdentity?

        /// Changes with each of them.
        var stamp: [Int] {
            [authority, identity?.certificateFile, identity?.keyFile].flatMap { $0.map(ClientSessions.stamp) ?? [] }
        }
    }

    private var contexts: [Files: OpaquePointer] = unsafe [:]
    private var stamps: [Files: [Int]] = [:]

    deinit {
        unsafe contexts.values.forEach { unsafe SSL_CTX_free($0) }
    }

    /// What sessions are made of that trust these authorities and show this certificate.
    ///
    /// - Throws: `WebSocketError.loopUnavailable` when a file can't be used.
    func trusting(_ authorityFile: String?, as identity: TLSIdentity?) throws(WebSocketError) -> OpaquePointer {
        let files = Files(authority: authorityFile, identity: identity)
        let stamp = files.stamp
        if let known = unsafe contexts[files], stamps[files] == stamp { return unsafe known }
        guard let made = unsafe clws_client_context(authorityFile) else {
            throw .loopUnavailable("there are no TLS sessions: is the CA file readable, and PEM?")
        }
        do {
            if let identity { unsafe try Self.identify(made, as: identity) }
        } catch {
            unsafe SSL_CTX_free(made)
            throw error
        }
        // Sessions that are there keep what they were made of.
        if let former = unsafe contexts.updateValue(made, forKey: files) { unsafe SSL_CTX_free(former) }
        stamps[files] = stamp
        return unsafe made
    }

    private static func identify(_ context: OpaquePointer, as identity: TLSIdentity) throws(WebSocketError) {
        let read: ServerIdentity
        do {
            read = try ServerIdentity(certificateFile: identity.certificateFile, keyFile: identity.keyFile)
        } catch {
            let name = error.part == .key ? "client key" : "client certificate"
            throw .loopUnavailable("the \(name) \(error.path) can't be used: \(error.reason)")
        }
        guard unsafe clws_client_identify(context, read.context) == 1 else {
            throw .loopUnavailable("the client certificate \(identity.certificateFile) can't be used")
        }
    }

    /// Changes with the file.
    private static func stamp(of path: String) -> [Int] {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return [] }
        return [Int(status.st_ino), status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec]
    }
}

extension EventLoop {
    /// What dialled TLS sessions are made of; nil at the loop's end.
    var clientSessions: ClientSessions? { only(ClientSessions.init) }
}
