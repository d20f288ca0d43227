/// A generator of which every run of a test draws the same numbers (SplitMix64).
package struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    package init(seed: UInt64) { state = seed }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// A copy of bytes with a few random changes, biased towards bytes that mean something in `alphabet`.
    package mutating func mutate(_ original: [UInt8], alphabet: [UInt8]) -> [UInt8] {
        var bytes = original
        for _ in 0..<Int.random(in: 1...4, using: &self) {
            let place = Int.random(in: 0...bytes.count, using: &self)
            let byte =
                Bool.random(using: &self)
                ? alphabet.randomElement(using: &self)! : UInt8.random(in: 0...255, using: &self)
            switch Int.random(in: 0..<6, using: &self) {
            case 0 where place < bytes.count: bytes[place] = byte
            case 1: bytes.insert(byte, at: place)
            case 2 where place < bytes.count: bytes.remove(at: place)
            case 3: bytes.removeSubrange(place...)
            case 4:
                let end = Int.random(in: place...bytes.count, using: &self)
                bytes.insert(contentsOf: bytes[place..<Swift.min(end, place + 16)], at: place)
            default:
                let other = Int.random(in: 0...bytes.count, using: &self)
                if place < bytes.count, other < bytes.count { bytes.swapAt(place, other) }
            }
        }
        return bytes
    }
}
