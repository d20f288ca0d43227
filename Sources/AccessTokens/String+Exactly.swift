extension String {
    /// Whether two texts are the same code points: Swift's own `==` takes some different ones for equal, and names of
    /// tokens are compared without normalisation (RFC 7515, section 10.13).
    func isExactly(_ other: String) -> Bool { utf8.elementsEqual(other.utf8) }
}
