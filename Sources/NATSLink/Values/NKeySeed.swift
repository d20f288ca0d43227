internal import COpenSSL

/// The seed of a user's nkey: the secret half of an Ed25519 key, in base 32 with a prefix and a checksum.
///
/// libnats signs with the seed, but wants to be told the public key.
struct NKeySeed: Sendable, Hashable {
    /// "S" for a seed and "U" for a user, five bits each, as the first two bytes.
    private static let seedPrefix: UInt8 = 18 << 3
    private static let userPrefix: UInt8 = 20 << 3

    /// The 32 bytes of the secret.
    let secret: [UInt8]

    /// Finds the seed in a file's text, where other lines may stand around it; nil if there is none that is valid.
    init?(parsing text: String) {
        for line in text.split(whereSeparator: \.isWhitespace) where line.hasPrefix("SU") {
            guard line.utf8.count == 58, let bytes = Base32.decode(line), bytes.count == 36,
                bytes[0] & 0xF8 == Self.seedPrefix,
                bytes[0] << 5 | bytes[1] >> 3 == Self.userPrefix,
                Self.checksum(bytes[..<34]) == UInt16(bytes[34]) | UInt16(bytes[35]) << 8
            else { continue }
            secret = Array(bytes[2..<34])
            return
        }
        return nil
    }

    /// The public key as servers name users.
    var publicKey: String? {
        guard let key = unsafe EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nil, secret, secret.count) else {
            return nil
        }
        defer { unsafe EVP_PKEY_free(key) }
        var bytes = [UInt8](repeating: 0, count: 32)
        var size = bytes.count
        guard unsafe EVP_PKEY_get_raw_public_key(key, &bytes, &size) == 1, size == 32 else { return nil }
        let body = [Self.userPrefix] + bytes
        let sum = Self.checksum(body[...])
        return Base32.encode(body + [UInt8(sum & 0xFF), UInt8(sum >> 8)])
    }

    /// CRC-16 with the polynomial 0x1021 that begins with 0 (XMODEM's).
    private static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt16 {
        bytes.reduce(0) { sum, byte in
            (0..<8).reduce(sum ^ UInt16(byte) << 8) { sum, _ in sum & 0x8000 == 0 ? sum << 1 : sum << 1 ^ 0x1021 }
        }
    }
}

/// Base 32 without padding (RFC 4648, section 6).
enum Base32 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".utf8)

    static func encode(_ bytes: [UInt8]) -> String {
        var (text, buffer, bits): ([UInt8], UInt32, Int) = ([], 0, 0)
        for byte in bytes {
            buffer = buffer << 8 | UInt32(byte)
            bits += 8
            while bits >= 5 {
                bits -= 5
                text.append(alphabet[Int(buffer >> UInt32(bits) & 31)])
            }
        }
        if bits > 0 { text.append(alphabet[Int(buffer << UInt32(5 - bits) & 31)]) }
        return String(decoding: text, as: UTF8.self)
    }

    /// Nil for a character that isn't of the alphabet; bits that make no whole byte are dropped.
    static func decode(_ text: some StringProtocol) -> [UInt8]? {
        var (bytes, buffer, bits): ([UInt8], UInt32, Int) = ([], 0, 0)
        for character in text.utf8 {
            guard let value = alphabet.firstIndex(of: character) else { return nil }
            buffer = buffer << 5 | UInt32(value)
            bits += 5
            guard bits >= 8 else { continue }
            bits -= 8
            bytes.append(UInt8(truncatingIfNeeded: buffer >> UInt32(bits)))
        }
        return bytes
    }
}
