package import Wire

/// A request's head, good or bad, and what a server has to make of it.
package struct HeadCase: Sendable, CustomStringConvertible {
    /// What a server makes of a head.
    package enum Outcome: Sendable, Equatable {
        /// It is a plain request that is served.
        case served
        /// It is a WebSocket handshake that is accepted.
        case upgraded
        /// It is wrong.
        case refused(RequestHeadError)
        /// Its method isn't served.
        case methodRefused
        /// It asks what the server as a whole can do.
        case told
    }

    /// The rule that it shows.
    package let rule: String
    /// The bytes, each a Unicode scalar up to U+00FF.
    package let text: String
    package let outcome: Outcome

    package init(_ rule: String, _ text: String, _ outcome: Outcome) {
        self.rule = rule
        self.text = text
        self.outcome = outcome
    }

    package var description: String { rule }

    package var bytes: [UInt8] { text.unicodeScalars.map { UInt8($0.value) } }

    /// The status that a server of GET, HEAD, OPTIONS and POST answers, when whatever it serves is a 200.
    package var status: Int {
        switch outcome {
        case .served: 200
        case .upgraded: 101
        case .refused(let error): error.status
        case .methodRefused: 405
        case .told: 204
        }
    }
}

extension HeadCase {
    /// Every case.
    package static let all = lines + targets + fields + framings + methods + handshakes

    static func get(_ target: String = "/", _ fields: String...) -> String {
        "GET \(target) HTTP/1.1\r\n" + (["Host: a.example"] + fields).map { $0 + "\r\n" }.joined() + "\r\n"
    }

    static func with(_ fields: String...) -> String {
        "GET / HTTP/1.1\r\n" + fields.map { $0 + "\r\n" }.joined() + "\r\n"
    }
}
