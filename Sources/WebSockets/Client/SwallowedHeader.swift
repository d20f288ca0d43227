internal import CLibwebsockets

/// A header that libwebsockets 4.1.6 misreads for its name.
///
/// A name that one of those it knows goes on from, such as `X-Auth`, runs on to the next colon: the following header is
/// lost, or the request hangs if there is none. One that begins with a method, such as `Putter`, is taken for that. It
/// does so as a server and as a client.
struct SwallowedHeader: Equatable {
    /// What libwebsockets knows, in lower case.
    let known: String

    /// Nil for a name that is read as it should.
    init?(_ name: String) { self.init(name, among: Self.tokens) }

    init?(_ name: String, among tokens: [String]) {
        let name = name.lowercased()
        guard !name.isEmpty, !tokens.contains("\(name):") else { return nil }
        let mistaken = tokens.first { token in
            let isBeginning = token.count > name.count && token.hasPrefix(name)
            let isMethod = !token.contains { $0 == ":" || $0 == " " } && name.hasPrefix(token)
            return !token.isEmpty && (isBeginning || isMethod)
        }
        guard let mistaken else { return nil }
        known = mistaken.filter { $0 != ":" && $0 != " " }
    }

    /// All that the library knows the beginnings of lines by.
    private static let tokens: [String] = {
        var tokens: [String] = []
        while let token = unsafe lws_token_to_string(lws_token_indexes(rawValue: UInt32(tokens.count))) {
            tokens.append(unsafe String(cString: token))
        }
        return tokens
    }()
}
