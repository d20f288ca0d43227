import Glibc

/// An error that ends the tool with one line and a code of sysexits.h.
protocol ReportedError: Error, CustomStringConvertible {
    /// The code the tool exits with.
    var exitCode: Int32 { get }
}

extension SystemError: ReportedError {
    var exitCode: Int32 { EX_OSERR }
}

extension DescriptorLimit.Insufficient: ReportedError {
    var exitCode: Int32 { EX_OSERR }
}
