/// One token of a document in its canonical form.
enum QueryToken: Equatable {
    /// A punctuator by its character; a dot stands for the three of a spread.
    case punctuator(Unicode.Scalar)
    case name(String)
    /// A number as it is written.
    case number(String)
    /// What stands between the quotes, escapes untouched.
    case string(String)
    case end
}
