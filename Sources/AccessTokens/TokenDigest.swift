internal import COpenSSL

/// A token's SHA-256, by which it is known without being kept.
struct TokenDigest: Hashable, Sendable {
    private let words: [4 of UInt64]

    /// Digests bytes.
    init(_ bytes: Span<UInt8>) {
        var digest: [32 of UInt8] = .init(repeating: 0)
        unsafe bytes.withUnsafeBufferPointer { input in
            var output = digest.mutableSpan
            unsafe output.withUnsafeMutableBufferPointer { output in
                _ = unsafe SHA256(input.baseAddress, input.count, output.baseAddress)
            }
        }
        words = .init { place in
            (0..<8).reduce(0) { word, byte in word << 8 | UInt64(digest[place * 8 + byte]) }
        }
    }

    /// A number of few bits that depends on the digest.
    var bucket: Int { Int(words[0] & 0xFF) }

    /// Compares in a time that doesn't depend on where they differ.
    func equals(_ other: Self) -> Bool {
        unsafe words.span.withUnsafeBytes { mine in
            unsafe other.words.span.withUnsafeBytes { theirs in
                unsafe CRYPTO_memcmp(mine.baseAddress, theirs.baseAddress, mine.count) == 0
            }
        }
    }

    static func == (one: Self, other: Self) -> Bool { one.equals(other) }

    func hash(into hasher: inout Hasher) { for place in 0..<4 { hasher.combine(words[place]) } }
}
