/// Removing blanks around a value, which aren't part of it (RFC 9110, section 5.6.3).
extension BidirectionalCollection<UInt8> {
    /// The part without the spaces and tabs at both ends.
    package var trimmingBlanks: SubSequence { trimmed { $0.isBlank } }
}

extension Substring {
    /// The text without the spaces and tabs at both ends.
    package var trimmingBlanks: Substring { Substring(utf8.trimmingBlanks) }
}

extension BidirectionalCollection {
    /// The part without blank elements at both ends.
    func trimmed(where isBlank: (Element) -> Bool) -> SubSequence {
        guard let first = firstIndex(where: { !isBlank($0) }), let last = lastIndex(where: { !isBlank($0) }) else {
            return self[endIndex...]
        }
        return self[first...last]
    }
}
