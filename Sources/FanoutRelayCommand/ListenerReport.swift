import FanoutRelay
import Glibc
import WebSockets
import Wire

/// What `check` says of the addresses to listen on: nothing is bound, but certificates are read.
struct ListenerReport {
    /// One for each address.
    let lines: [String]

    init(_ options: ListenOptions) throws {
        var configuration = Configuration.defaults
        try options.apply(to: &configuration)
        lines = try configuration.listeners.map { listener in
            var line = "--listen \(listener): "
            if let files = listener.files(configuration.tls) {
                do throws(TLSFileError) {
                    line += try files.read().hasEnded ? "TLS, with a certificate that has expired" : "TLS"
                } catch {
                    throw Failure(line: error.line(with: configuration.tls), exitCode: EX_CONFIG)
                }
            } else {
                line += "plaintext"
            }
            if listener.readsProxyHeader { line += ", behind a PROXY header" }
            if configuration.forwardedFields != .none, listener.files(configuration.tls) == nil {
                line += ", clients named by \(configuration.forwardedFields)"
            }
            if !listener.isLoopback { line += ", open to other machines" }
            return line
        }
    }
}
