/// Finds what somebody may have meant who misspelt a name.
package enum NearestName {
    /// The nearest of the names, if it is near enough.
    package static func find(_ name: String, among names: [String]) -> String? {
        let bytes = Array(name.utf8)
        let nearest = names.map { ($0, distance(Array($0.utf8), bytes)) }.min { $0.1 < $1.1 }
        guard let nearest, nearest.1 <= max(2, bytes.count / 3) else { return nil }
        return nearest.0
    }

    /// How many bytes have to be put in, left out or changed (Levenshtein's distance).
    static func distance(_ one: [UInt8], _ other: [UInt8]) -> Int {
        var row = Array(0...other.count)
        for (index, byte) in one.enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for (place, another) in other.enumerated() {
                let above = row[place + 1]
                row[place + 1] = min(above + 1, row[place] + 1, diagonal + (byte == another ? 0 : 1))
                diagonal = above
            }
        }
        return row[other.count]
    }
}
