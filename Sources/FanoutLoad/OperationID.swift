import ArgumentParser

/// How the ids of GraphQL operations are chosen.
enum OperationID: String, CaseIterable, ExpressibleByArgument {
    /// A random UUID for each connection.
    case uuid
    /// The id `1` for all, so that a server need not splice ids.
    case same

    /// The id of one connection's operation.
    func make() -> String {
        guard self == .uuid else { return "1" }
        var bytes = (0..<16).map { _ in UInt8.random(in: .min ... .max) }
        bytes[6] = bytes[6] & 0x0F | 0x40
        bytes[8] = bytes[8] & 0x3F | 0x80
        let digits = bytes.map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }
        return [0..<4, 4..<6, 6..<8, 8..<10, 10..<16].map { digits[$0].joined() }.joined(separator: "-")
    }
}
