import ArgumentParser
import CommandSupport
import FanoutRelay
import GraphQLSession
import Wire

/// The grammars of flags about who may enter.
extension Flags {
    /// A URL of something that is trusted with who may enter: https, or http on loopback, unchanged.
    static func trustedURL(_ text: String) throws -> String {
        let allowed = "allowed: a URL of https, or of http on a loopback address"
        let scheme = text.prefix { $0 != ":" }.lowercased()
        guard scheme == "https" || scheme == "http", text.utf8.count <= 2048 else { throw ValidationError(allowed) }
        let endpoint: Endpoint
        do {
            endpoint = try webSocket(beside: text)
        } catch {
            throw ValidationError(allowed)
        }
        guard scheme == "https" || Configuration.isLoopback(endpoint.host) else { throw ValidationError(allowed) }
        return text
    }

    /// By which fields of requests proxies name their clients.
    static let forwardedFields = FlagGrammar<ForwardedFields>(
        read: { text in
            guard let fields = ForwardedFields(text) else {
                throw ValidationError(
                    "allowed: none, forwarded, or x-forwarded-for, and behind it, after commas, x-forwarded-host and "
                        + "x-forwarded-proto"
                )
            }
            return fields
        },
        write: \.description
    )
}
