internal import CLibwebsockets
internal import Glibc

/// What dialled TLS sessions are made of, by the file of the authorities that they trust; used on one loop's thread.
///
/// To read the system's authorities takes a while, so that they are read once. A file of one's own is read again when it
/// has changed.
@safe final class ClientSessions {
    private var contexts: [String: OpaquePointer] = unsafe [:]
    private var stamps: [String: [Int]] = [:]

    deinit {
        unsafe contexts.values.forEach { unsafe SSL_CTX_free($0) }
    }

    /// Nil when the file can't be used.
    func trusting(_ authorityFile: String?) -> OpaquePointer? {
        let key = authorityFile ?? ""
        let stamp = authorityFile.map(Self.stamp) ?? []
        if let known = unsafe contexts[key], stamps[key] == stamp { return unsafe known }
        guard let made = unsafe clws_client_context(authorityFile) else { return nil }
        // Sessions that are there keep what they were made of.
        if let former = unsafe contexts.updateValue(made, forKey: key) { unsafe SSL_CTX_free(former) }
        stamps[key] = stamp
        return unsafe made
    }

    /// Changes with the file.
    private static func stamp(of path: String) -> [Int] {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return [] }
        return [Int(status.st_ino), status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec]
    }
}
