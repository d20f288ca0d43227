/// What tells ways through a reader apart: a running hash of what it said.
struct Way {
    private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

    mutating func pass(_ mark: UInt64) { value = (value ^ mark) &* 0x100_0000_01B3 }

    /// The kind of a thing, whatever it carries.
    mutating func pass(kindOf thing: some Any) {
        let text = String(describing: thing)
        for byte in text.utf8.prefix(while: { $0 != UInt8(ascii: "(") }).prefix(40) { pass(UInt64(byte)) }
    }
}
