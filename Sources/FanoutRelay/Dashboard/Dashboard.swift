internal import AccessTokens
internal import FoundationEssentials
internal import WebSockets
internal import Wire

/// The page at `/`, which shows how the relay is doing, and the events of the topics live.
///
/// Its parts are plain files in `Page`, which are compiled in. It loads nothing: style and scripts are within it, and a
/// policy names them by their hashes, so that no other script runs, whoever smuggled it in (CSP level 3).
enum Dashboard {
    static let page = HTTPResponse(
        contentType: "text/html; charset=utf-8",
        headers: [HTTPField(name: "Content-Security-Policy", value: policy)],
        body: assembled
    )

    private static let scripts = [
        PackageResources.stream_js, PackageResources.events_js, PackageResources.examples_js, PackageResources.state_js,
    ]

    private static let policy = [
        "default-src 'none'", "style-src \(source(PackageResources.page_css))",
        "script-src \(scripts.map(source).joined(separator: " "))", "connect-src 'self'", "base-uri 'none'",
        "form-action 'none'", "frame-ancestors 'none'",
    ].joined(separator: "; ")

    private static var assembled: [UInt8] {
        var text = String(decoding: PackageResources.page_html, as: UTF8.self)
        let style = String(decoding: PackageResources.page_css, as: UTF8.self)
        text.replace("<!-- style -->", with: "<style>\(style)</style>", maxReplacements: 1)
        let elements = scripts.map { "<script>\(String(decoding: $0, as: UTF8.self))</script>" }
        text.replace("<!-- scripts -->", with: elements.joined(separator: "\n"), maxReplacements: 1)
        return Array(text.utf8)
    }

    private static func source(_ bytes: [UInt8]) -> String {
        "'sha256-\(Data(SHA256Hash.digest(of: bytes)).base64EncodedString())'"
    }
}
