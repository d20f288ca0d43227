/// An error that ends a program with one line and a code of sysexits.h.
///
/// Its description is the line, without the program's name.
package protocol ReportedError: Error, CustomStringConvertible {
    /// The code that the program exits with.
    var exitCode: Int32 { get }
}
