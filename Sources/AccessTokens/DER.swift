/// The few values of ASN.1 that keys and signatures are made of, in DER (X.690).
enum DER {
    /// A sequence of values that are encoded already.
    static func sequence(_ values: [UInt8]...) -> [UInt8] { value(0x30, values.flatMap(\.self)) }

    /// A whole number that isn't negative; its bytes are the most significant first, perhaps with zeros in front.
    static func integer(_ bytes: some Collection<UInt8>) -> [UInt8] {
        let significant = Array(bytes.drop { $0 == 0 })
        let needsZero = significant.first.map { $0 >= 0x80 } ?? true
        return value(0x02, (needsZero ? [0] : []) + significant)
    }

    /// A string of whole bytes.
    static func bitString(_ bytes: [UInt8]) -> [UInt8] { value(0x03, [0] + bytes) }

    /// A public key of any kind (RFC 5280, section 4.1): `algorithm` is its encoded identifier.
    static func subjectPublicKeyInfo(algorithm: [UInt8], key: [UInt8]) -> [UInt8] {
        sequence(algorithm, bitString(key))
    }

    private static func value(_ tag: UInt8, _ contents: [UInt8]) -> [UInt8] {
        let count = contents.count
        switch count {
        case ..<0x80: return [tag, UInt8(count)] + contents
        case ...0xFF: return [tag, 0x81, UInt8(count)] + contents
        default: return [tag, 0x82, UInt8(truncatingIfNeeded: count >> 8), UInt8(truncatingIfNeeded: count)] + contents
        }
    }
}
