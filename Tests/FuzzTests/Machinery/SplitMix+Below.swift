import TestSupport

extension SplitMix {
    /// A number from 0 up to, not including, `bound`, which is over 0.
    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
}
