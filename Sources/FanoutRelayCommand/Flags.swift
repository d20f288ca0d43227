import ArgumentParser
import Backoff
import GraphQLSession

/// The transforms of the flags: text to value, or an error that says what is allowed.
enum Flags {
    /// A duration in a range.
    static func duration(_ range: ClosedRange<Duration>) -> @Sendable (String) throws -> Duration {
        { text in
            let value: Duration
            do {
                value = try Duration(parsing: text)
            } catch {
                throw ValidationError("allowed: a duration such as 500ms, 10s or 5m")
            }
            guard range.contains(value) else {
                throw ValidationError(
                    "allowed: \(range.lowerBound.canonicalText) to \(range.upperBound.canonicalText)"
                )
            }
            return value
        }
    }

    /// A whole number in a range.
    static func integer(_ range: ClosedRange<Int>) -> @Sendable (String) throws -> Int {
        { text in
            guard let value = Int(text), range.contains(value) else {
                throw ValidationError("allowed: \(range.lowerBound) to \(range.upperBound)")
            }
            return value
        }
    }

    /// Bytes, with an optional unit of KiB or MiB, in a range.
    static func bytes(_ range: ClosedRange<Int>) -> @Sendable (String) throws -> Int {
        { text in
            let units = [("KiB", 1 << 10), ("MiB", 1 << 20), ("", 1)]
            for (unit, size) in units where text.hasSuffix(unit) {
                guard let count = Int(text.dropLast(unit.count)), count >= 0, count <= range.upperBound / size,
                    range.contains(count * size)
                else { break }
                return count * size
            }
            throw ValidationError(
                "allowed: \(range.lowerBound) to \(range.upperBound) bytes, or with a unit such as 64KiB or 4MiB"
            )
        }
    }

    /// A back-off in the grammar of `Backoff`.
    static func backoff(_ text: String) throws -> Backoff {
        do {
            return try Backoff(parsing: text)
        } catch {
            throw ValidationError("\(error)")
        }
    }

    /// A WebSocket URL.
    static func endpoint(_ text: String) throws -> Endpoint {
        do {
            return try Endpoint(parsing: text)
        } catch {
            throw ValidationError(error.problem)
        }
    }

    /// The URL of a GraphQL server over HTTP, as it was given.
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

    /// The WebSocket at the same place: what is wrong with one URL is wrong with the other.
    static func webSocket(beside url: String) throws(EndpointError) -> Endpoint {
        try Endpoint(parsing: "ws" + url.dropFirst(4))
    }

    /// `HOST:PORT`, `[ADDRESS]:PORT`, or a port alone.
    static func address(_ text: String) throws -> ListenAddress {
        guard let address = ListenAddress(text) else {
            throw ValidationError("allowed: HOST:PORT, [IPV6]:PORT or PORT, with a port of 0 to 65535")
        }
        return address
    }

    /// A name as a Host header has it, in lower case, without a port.
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

    /// One of a few words.
    static func word<Word: RawRepresentable<String> & CaseIterable & Sendable>(
        _ type: Word.Type
    ) -> @Sendable (String) throws -> Word {
        { text in
            guard let word = Word(rawValue: text) else {
                let allowed = Word.allCases.map(\.rawValue).joined(separator: ", ")
                throw ValidationError("allowed: \(allowed)")
            }
            return word
        }
    }

    /// A header line; control characters could smuggle in another one.
    static func header(_ text: String) throws -> HeaderLine {
        guard let header = HeaderLine(text) else { throw ValidationError("allowed: 'Name: value' on one line") }
        return header
    }
}

/// Where to listen.
struct ListenAddress: Sendable {
    let host: String
    let port: UInt16

    init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":") else {
            guard let port = UInt16(text) else { return nil }
            (host, self.port) = ("127.0.0.1", port)
            return
        }
        guard let port = UInt16(text[text.index(after: colon)...]) else { return nil }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        guard !host.isEmpty, !host.contains("["), !host.contains("]") else { return nil }
        (self.host, self.port) = (String(host), port)
    }
}

/// A header of the upstream handshake.
struct HeaderLine: Sendable {
    let name: String
    let value: String

    init?(_ text: String) {
        guard let colon = text.firstIndex(of: ":") else { return nil }
        self.init(name: String(text[..<colon]), value: String(text[text.index(after: colon)...].drop { $0 == " " }))
    }

    init?(name: String, value: String) {
        let isToken = !name.isEmpty && name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: ":") }
        guard isToken, value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else { return nil }
        self.name = name
        self.value = value
    }
}
