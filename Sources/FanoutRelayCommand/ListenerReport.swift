import FanoutRelay
import Glibc
import WebSockets
import Wire

/// What `check` says of the addresses to listen on: nothing is bound, but certificates are read.
struct ListenerReport {
    /// One for each address.
    let lines: [String]

    init(_ configuration: Configuration) throws {
        lines =
            try configuration.listeners.map { try Self.line("--listen", $0, configuration) }
            + configuration.operatorListeners.map { listener in
                let isOpen = configuration.isOpen(toOperatorsAt: listener)
                return try Self.line(OperatorOptions.listenFlag, listener, configuration)
                    + ", for operators \(isOpen ? "without" : "with") a token"
            }
    }

    private static func line(
        _ option: String,
        _ listener: ListenerConfiguration,
        _ configuration: Configuration
    ) throws -> String {
        var line = "\(option) \(listener): "
        if let files = listener.files(configuration.tls) {
            do throws(TLSFileError) {
                line += try files.read().hasEnded ? "TLS, with a certificate that has expired" : "TLS"
                if let clients = files.clients {
                    line += ", with \(clients.isRequired ? "" : "optional ")certificates of clients"
                }
            } catch {
                throw Failure(line: error.line(in: configuration), exitCode: EX_CONFIG)
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
