extension Double {
    /// e to the power of an exponent, to the last digit or two; without the C library, so that the module imports nothing.
    static func exponential(_ exponent: Double) -> Double {
        guard !exponent.isNaN else { return .nan }
        // Beyond it there is only zero and infinity.
        guard abs(exponent) < 800 else { return exponent < 0 ? 0 : .infinity }
        // e^x = 2^n · e^r, with r between −ln 2 / 2 and ln 2 / 2; the logarithm is in two parts, since x − n · ln 2 cancels.
        let power = (exponent / 0.693_147_180_559_945_3).rounded()
        let rest = (exponent - power * 0x1.62e42fee00000p-1) - power * 0x1.a39ef35793c76p-33
        // The series 1 + r + r²/2! + …, from its end.
        let sum = stride(from: 16.0, to: 0, by: -1).reduce(1.0) { 1 + $0 * rest / $1 }
        return Double(sign: .plus, exponent: Int(power), significand: sum)
    }
}
