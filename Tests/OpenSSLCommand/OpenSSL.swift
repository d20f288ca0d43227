import Glibc

/// The openssl command, with which tests make certificates and speak TLS.
package enum OpenSSL {
    /// It couldn't be run, or said no.
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    private static let command = "/usr/bin/openssl"

    /// Whether it is there.
    package static var isInstalled: Bool { unsafe access(command, X_OK) == 0 }

    /// Starts it; with a channel as its standard input and output.
    package static func start(_ arguments: [String], channel: Int32? = nil) throws -> Int32 {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        if let channel {
            unsafe posix_spawn_file_actions_adddup2(&actions, channel, 0)
            unsafe posix_spawn_file_actions_adddup2(&actions, channel, 1)
        }
        unsafe posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        var pointers = unsafe ([command] + arguments).map { unsafe strdup($0) } + [nil]
        defer { unsafe pointers.forEach { unsafe free($0) } }
        var process = pid_t()
        let status = unsafe posix_spawn(&process, command, &actions, nil, &pointers, environ)
        guard status == 0 else { throw Failure(description: "openssl: \(status)") }
        return process
    }
}
