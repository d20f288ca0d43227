extension String {
    /// The same text without line ends and other control characters, which a server may send to forge a log.
    package var onOneLine: String {
        let isControl = { (scalar: Unicode.Scalar) in
            [.control, .lineSeparator, .paragraphSeparator].contains(scalar.properties.generalCategory)
        }
        guard unicodeScalars.contains(where: isControl) else { return self }
        var line = UnicodeScalarView()
        for scalar in unicodeScalars { line.append(isControl(scalar) ? " " : scalar) }
        return String(line)
    }
}
