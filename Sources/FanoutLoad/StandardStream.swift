import Glibc

/// The standard output and error, written at once and unbuffered.
enum StandardStream: Int32 {
    case output = 1
    case error = 2

    /// Writes the text; what can't be written is dropped, since there is nobody left to tell.
    func write(_ text: String) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(rawValue, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }
}
