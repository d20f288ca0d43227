import ArgumentParser
import Backoffs
import CommandSupport
import FanoutRelay
import GraphQLSession
import Wire

/// The grammars of the relay's own flags, and transforms for flags without a default.
extension Flags {
    /// A back-off, in the grammar of `Backoff`.
    static let backoff = FlagGrammar<Backoff>(
        read: { text in
            do {
                return try Backoff(parsing: text)
            } catch {
                throw ValidationError("\(error)")
            }
        },
        write: { "'\($0)'" }
    )

    /// A WebSocket URL.
    static func endpoint(_ text: String) throws -> Endpoint {
        do {
            return try Endpoint(parsing: text)
        } catch {
            throw ValidationError(error.problem)
        }
    }

    /// The URL of a GraphQL server over HTTP, unchanged.
    static func executeURL(_ text: String) throws -> String {
        guard text.lowercased().hasPrefix("http") else {
            throw ValidationError("it must start with http:// or https://")
        }
        do {
            _ = try webSocket(beside: text)
        } catch {
            let problem = error.problem.replacing("ws://", with: "http://").replacing("wss://", with: "https://")
            throw ValidationError(problem)
        }
        return text
    }

    /// The WebSocket URL with the same host and path, to check the URL by the same rules.
    static func webSocket(beside url: String) throws(EndpointError) -> Endpoint {
        try Endpoint(parsing: "ws" + url.dropFirst(4))
    }

    /// A host name as in a Host header, in lower case and without a port.
    static func hostName(_ text: String) throws -> String {
        let name = text.lowercased()
        let isName = name.utf8.allSatisfy { byte in
            (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || "-._".utf8.contains(byte)
        }
        guard isName, let first = name.utf8.first, name.utf8.count <= 253, first != UInt8(ascii: "."),
            !name.contains("..")
        else { throw ValidationError("allowed: a name such as relay.example.org, without scheme, port and path") }
        return name.hasSuffix(".") ? String(name.dropLast()) : name
    }

    /// A range of addresses, or one.
    static let addressRange = FlagGrammar<AddressRange>(
        read: { text in
            guard let range = AddressRange(text) else {
                throw ValidationError("allowed: an address such as 192.0.2.1, or a range such as 10.0.0.0/8")
            }
            return range
        },
        write: \.description
    )

    /// An origin in the form that browsers send, those of all subdomains, or * for all.
    static func origin(_ text: String) throws -> String {
        if text == "*" { return text }
        if let pattern = OriginPattern(parsing: text) { return pattern.description }
        guard let origin = WebOrigin(parsing: text) else {
            throw ValidationError(
                "'\(text)': allowed: scheme, host and port such as https://example.org, https://*.example.org for all "
                    + "subdomains, or *"
            )
        }
        return origin.description
    }
}
