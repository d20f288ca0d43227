import CommandSupport

/// An address and port to listen on; the host is numeric, since no name is looked up here.
struct BindAddress: FlagValue, Equatable {
    static let allowed = "HOST:PORT with a numeric HOST or localhost, IPv6 in brackets; port 0 takes a free one"

    /// The address.
    let address: Address
    let description: String

    /// Reads `HOST:PORT`, or a port alone, which means 127.0.0.1.
    init?(_ text: String) {
        guard let listen = ListenAddress(text), let address = Address(host: listen.host, port: listen.port) else {
            return nil
        }
        self.address = address
        description = "\(listen)"
    }
}
