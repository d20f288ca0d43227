internal import Wire

/// The head of a server's answer, as a client reads it (RFC 9112, sections 4 and 5).
///
/// A value without I/O. Whatever the headers are called, each is told as it came: libwebsockets 4.1.6 takes a name that
/// one of those it knows begins with, such as `X-Auth`, for that one, and loses the next header.
struct ResponseHead: Equatable {
    /// What bytes may be.
    enum Reading: Equatable {
        /// The beginning of a head.
        case unfinished
        /// A head, and how many bytes it takes.
        case whole(ResponseHead, size: Int)
        /// No answer of HTTP/1.
        case foreign
        /// More than any head may take.
        case excess
    }

    /// The largest head that is taken, in bytes.
    static let maximumSize = 64 * 1024

    /// The status code.
    let status: Int
    /// Names in lower case, in order.
    let headers: [HTTPField]

    /// Reads the head at the front of bytes, in which `known` had no end of one.
    static func read(_ bytes: [UInt8], knownWithoutEnd known: Int = 0) -> Reading {
        let prefix = Array("HTTP/1.".utf8)
        guard zip(bytes, prefix).allSatisfy({ $0 == $1 }) else { return .foreign }
        guard let end = endOfHead(in: bytes, from: known) else {
            return bytes.count > maximumSize ? .excess : .unfinished
        }
        guard end <= maximumSize else { return .excess }
        guard let head = ResponseHead(bytes[..<end]) else { return .foreign }
        return .whole(head, size: end)
    }

    private init?(_ bytes: ArraySlice<UInt8>) {
        var lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false).map { line in
            line.last == 0x0D ? line.dropLast() : line
        }[...]
        guard let first = lines.popFirst(), let status = Self.status(in: first) else { return nil }
        self.status = status
        var headers: [HTTPField] = []
        for line in lines where !line.isEmpty {
            let isFolded = line.first == 0x20 || line.first == 0x09
            // The rest of a value that was folded, or a line that is no header.
            guard !isFolded, let colon = line.firstIndex(of: 0x3A) else {
                if isFolded, let last = headers.popLast() {
                    headers.append(HTTPField(name: last.name, value: "\(last.value) \(Self.text(line))"))
                }
                continue
            }
            headers.append(
                HTTPField(name: Self.text(line[..<colon]).lowercased(), value: Self.text(line[(colon + 1)...]))
            )
        }
        self.headers = headers
    }

    /// All values of a header, as one list; nil without any.
    ///
    /// `name` is in lower case.
    func value(of name: String) -> String? {
        let values = headers.filter { $0.name == name }.map(\.value)
        return values.isEmpty ? nil : values.joined(separator: ", ")
    }

    /// The members of a header that is a list, in lower case.
    func list(of name: String) -> [String] {
        (value(of: name) ?? "").split(separator: ",").map { Self.text(ArraySlice($0.utf8)).lowercased() }
            .filter { !$0.isEmpty }
    }

    /// After the blank line that ends a head; nil when it hasn't come.
    private static func endOfHead(in bytes: [UInt8], from known: Int) -> Int? {
        var index = max(0, known - 3)
        while index < bytes.count {
            if bytes[index] == 0x0A {
                if index + 1 < bytes.count, bytes[index + 1] == 0x0A { return index + 2 }
                if index + 2 < bytes.count, bytes[index + 1] == 0x0D, bytes[index + 2] == 0x0A { return index + 3 }
            }
            index += 1
        }
        return nil
    }

    private static func status(in line: ArraySlice<UInt8>) -> Int? {
        let words = line.split(separator: 0x20, maxSplits: 2)
        guard words.count > 1, words[0].count == 8, words[1].count == 3 else { return nil }
        guard let status = Int(String(decoding: words[1], as: UTF8.self)), (100...999).contains(status) else {
            return nil
        }
        return status
    }

    private static func text(_ bytes: ArraySlice<UInt8>) -> String {
        String(decoding: bytes.trimmingBlanks, as: UTF8.self)
    }
}
