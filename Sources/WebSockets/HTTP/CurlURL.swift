internal import CCurl

/// A URL as libcurl reads it.
enum CurlURL {
    struct Failure: Error, CustomStringConvertible {
        let code: CURLUcode

        /// In libcurl's words, which tell nothing of the URL itself.
        var description: String { unsafe String(cString: curl_url_strerror(code)) }
    }

    /// A part as it stands there, a host without brackets; nil when there is none.
    static func part(_ part: CURLUPart, of url: String) throws(Failure) -> String? {
        let (code, text) = unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: url.utf8.count + 16) {
            buffer in
            guard let base = buffer.baseAddress else { return (CURLUE_OUT_OF_MEMORY, String?.none) }
            let code = unsafe ccurl_url_part(url, part, base, buffer.count)
            return unsafe (code, code == CURLUE_OK ? String(cString: base) : nil)
        }
        switch code {
        case CURLUE_OK:
            return text?.first == "[" && part == CURLUPART_HOST ? text.map { String($0.dropFirst().dropLast()) } : text
        case CURLUE_NO_SCHEME, CURLUE_NO_USER, CURLUE_NO_PASSWORD, CURLUE_NO_PORT: return nil
        default: throw Failure(code: code)
        }
    }
}
