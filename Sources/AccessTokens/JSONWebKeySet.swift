internal import GraphQLTransport

/// The keys of an issuer (RFC 7517, section 5), as far as they can be used here.
package struct JSONWebKeySet: Sendable, CustomStringConvertible {
    /// Most bytes of a set.
    package static let maximumSize = 256 << 10
    /// Most keys that are kept; further ones count as surplus.
    package static let maximumKeyCount = 64

    /// Why a whole set can't be used.
    package enum Fault: String, Error, Sendable, CustomStringConvertible {
        case tooLarge, malformed

        package var description: String {
            switch self {
            case .tooLarge: "it is larger than \(JSONWebKeySet.maximumSize) bytes"
            case .malformed: "it is no JSON object with an array 'keys'"
            }
        }
    }

    /// Those that can be used, in their order; there may be none.
    package let keys: [VerificationKey]
    /// How many others there are, by what is wrong with them.
    ///
    /// They are ignored, as RFC 7517 wants: an issuer may add keys that we don't know yet.
    package let skipped: [KeyFault: Int]

    /// How many keys there are, and what of others was wrong; for the log.
    package var description: String {
        let others = KeyFault.allCases.compactMap { fault in skipped[fault].map { "\($0) \(fault.rawValue)" } }
        return "\(keys.count) keys" + (others.isEmpty ? "" : ", skipped: " + others.joined(separator: ", "))
    }

    /// Reads a set.
    ///
    /// - Parameter allowsSecrets: Whether secrets are taken; never from where others can read them, such as a URL.
    package init(parsing bytes: [UInt8], allowsSecrets: Bool) throws(Fault) {
        guard bytes.count <= Self.maximumSize else { throw .tooLarge }
        guard let object = try? JSONObject(bytes.span) else { throw .malformed }
        let lists = object.members.filter { $0.name.isExactly("keys") }
        guard lists.count == 1, let list = lists.first.map({ Array(bytes[$0.value.range]) }),
            let array = JSONArray(list.span)
        else { throw .malformed }
        var keys: [VerificationKey] = []
        var skipped: [KeyFault: Int] = [:]
        for (index, element) in array.elements.enumerated() {
            do throws(KeyFault) {
                // Those that can't be used cost time, too.
                guard keys.count < Self.maximumKeyCount, index < 4 * Self.maximumKeyCount else { throw .surplus }
                keys.append(try VerificationKey(jwk: Array(list[element.range]), allowsSecrets: allowsSecrets))
            } catch {
                skipped[error, default: 0] += 1
            }
        }
        self.keys = keys
        self.skipped = skipped
    }
}
