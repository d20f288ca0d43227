import FanoutRelay
import WebSockets

extension TLSFileError {
    /// The line that names the flag, too: that of all ports, or of one.
    func line(in configuration: Configuration) -> String {
        func isOf(_ files: TLSFiles?) -> Bool {
            path == (isAuthority ? files?.clients?.authorities : isKey ? files?.key : files?.certificate)
        }
        let isOfClients = configuration.listeners.contains { isOf($0.files(configuration.tls)) }
        let flag = isOf(configuration.tls) ? "--" : isOfClients ? "--listen " : "\(OperatorOptions.listenFlag) "
        return "\(flag)\(isAuthority ? "tls-client-ca" : isKey ? "tls-key" : "tls-certificate"): \(self)"
    }
}
