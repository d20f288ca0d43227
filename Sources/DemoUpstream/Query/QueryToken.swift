/// One token of a document in its canonical form.
enum QueryToken: Equatable {
    /// A punctuator; a dot stands for the three of a spread.
    case punctuator(Unicode.Scalar)
    case name(String)
    /// A number as written.
    case number(String)
    /// The content between the quotes, with its escapes.
    case string(String)
    case end
}
