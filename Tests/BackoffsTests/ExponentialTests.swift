import Glibc
import Testing

@testable import Backoffs

struct ExponentialTests {
    @Test func `it is what the C library says, to the last digits`() {
        var exponents = [0, 1, -1, 0.5, -0.5, 1e-300, -1e-300, 700, -700, 709.78, -744, .ulpOfOne]
        exponents += stride(from: -50, through: 50, by: 0.037)
        for exponent in exponents {
            let expected = exp(exponent)
            // The smallest numbers have fewer digits.
            let tolerance = max(expected * 4 * .ulpOfOne, .leastNonzeroMagnitude)
            #expect(abs(.exponential(exponent) - expected) <= tolerance, "\(exponent)")
        }
    }

    @Test func `what is out of range is zero or infinite`() {
        #expect(Double.exponential(710) == .infinity && Double.exponential(.infinity) == .infinity)
        #expect(Double.exponential(1e300) == .infinity)
        #expect(Double.exponential(-746) == 0 && Double.exponential(-.infinity) == 0)
        #expect(Double.exponential(.nan).isNaN)
    }
}
