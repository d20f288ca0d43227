internal import GraphQLTransport

/// What a hook says about somebody.
package struct HookAnswer: Sendable {
    /// Most bytes of an answer.
    package static let maximumSize = 64 << 10
    /// The longest time that it may name, in seconds, some three years: a point in time isn't taken for one.
    static let longestTime = 1e8

    /// Why an answer can't be used.
    package struct Malformed: Error, Sendable, Hashable {}

    package enum Judgement: Sendable, Hashable {
        case allowed(Identity)
        /// The credential is no good: status 401.
        case unauthenticated
        /// It isn't let in: `allow` is false, or status 403.
        case forbidden
    }

    /// For what else it holds.
    enum Reach: String {
        /// For whoever says exactly the same.
        case request
        /// For whoever shows the same credential, whatever is asked for.
        case credential
    }

    package let judgement: Judgement
    let reach: Reach
    let size: Int

    /// Says no, by the status of the answer.
    package init(refusing judgement: Judgement) {
        self.judgement = judgement
        reach = .request
        size = 0
    }

    /// Reads the object of an answer of status 200; members that aren't known are passed over.
    ///
    /// - Parameter now: The time in seconds since 1970, from which `expires` counts.
    package init(parsing bytes: [UInt8], at now: Double) throws(Malformed) {
        guard bytes.count <= Self.maximumSize else { throw Malformed() }
        size = bytes.count
        do throws(TokenRefusal) {
            let members = try ClaimSet(bytes)
            guard let allows = try members.truth("allow") else { throw .malformed }
            let subject = try members.text("subject")
            let topics = try members.list("topics")
            let scopes = try members.list("scopes")?.map { name throws(TokenRefusal) in
                guard let scope = Scope(rawValue: name) else { throw .malformed }
                return scope
            }
            let variables = try members.object("variables")
            let time = try members.time("expires")
            if let time, !(time > 0 && time <= Self.longestTime) { throw .malformed }
            let word = try members.text("cache") ?? Reach.request.rawValue
            guard let named = Reach(rawValue: word) else { throw .malformed }
            // Without a list of topics it said nothing of others than those that it was asked for.
            reach = allows && topics == nil ? .request : named
            judgement =
                allows
                ? .allowed(
                    Identity(
                        subject: subject,
                        topics: topics.map { TopicPatterns($0) } ?? .all,
                        scopes: ScopeSet(scopes ?? [.subscribe]),
                        expiry: time.map { now + $0 },
                        claims: Self.claims(variables ?? Identity.noClaims, subject)
                    )
                ) : .forbidden
        } catch {
            throw Malformed()
        }
    }
}

extension HookAnswer {
    /// The variables, with the subject as `sub` where they don't name one: what is bound to claims reads it there.
    private static func claims(_ variables: [UInt8], _ subject: String?) -> [UInt8] {
        guard let subject, ClaimSet.find("sub", in: variables) == nil else { return variables }
        var output = Array(#"{"sub":"#.utf8)
        JSONString.append(subject, to: &output)
        let members = variables.dropFirst().drop { " \t\n\r".utf8.contains($0) }
        return output + (members.first == UInt8(ascii: "}") ? [] : [UInt8(ascii: ",")]) + members
    }
}

extension ClaimSet {
    fileprivate func truth(_ name: String) throws(TokenRefusal) -> Bool? {
        guard let value = value(name) else { return nil }
        switch value.first {
        case UInt8(ascii: "t"): return true
        case UInt8(ascii: "f"): return false
        default: throw .malformed
        }
    }

    fileprivate func object(_ name: String) throws(TokenRefusal) -> [UInt8]? {
        guard let value = value(name) else { return nil }
        guard value.first == UInt8(ascii: "{") else { throw .malformed }
        return value
    }

    /// An array of texts; a text alone isn't one.
    fileprivate func list(_ name: String) throws(TokenRefusal) -> [String]? {
        guard let value = value(name) else { return nil }
        guard value.first == UInt8(ascii: "[") else { throw .malformed }
        return try texts(name)
    }
}
