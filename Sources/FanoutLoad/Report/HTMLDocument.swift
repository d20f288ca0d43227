import Glibc

/// A self-contained HTML page, which loads nothing and supports dark mode.
struct HTMLDocument {
    /// Plain text.
    let title: String
    /// HTML.
    let body: String

    /// The page.
    var text: String {
        """
        <!doctype html>
        <html lang="en">
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width">
        <title>fanout-load: \(Self.escape(title))</title>
        <style>\(Self.style)</style>
        <h1>\(Self.escape(title))</h1>
        \(body)
        </html>

        """
    }

    /// Escapes text for HTML.
    static func escape(_ text: String) -> String {
        var escaped = ""
        for character in text {
            switch character {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            default: escaped.append(character)
            }
        }
        return escaped
    }

    /// A tile for each figure: its name, and its value as text.
    static func tiles(_ figures: [(name: String, value: String)]) -> String {
        let tiles = figures.map { "<div><b>\(escape($0.value))</b>\(escape($0.name))</div>" }
        return "<div class=\"tiles\">\(tiles.joined())</div>"
    }

    /// The failures, a line each, or that there were none.
    static func verdict(_ failures: [String]) -> String {
        failures.isEmpty
            ? "<p class=\"held\">All held.</p>"
            : "<p class=\"failed\">\(failures.map(escape).joined(separator: "<br>"))</p>"
    }

    private static let style = """
        body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;
        padding:0 1rem;color:#1c2430;background:#fff}
        h1{font-size:1.3rem;overflow-wrap:anywhere}h2{font-size:1.1rem;margin-top:2rem}
        .held{color:#18703c}.failed{color:#b3261e}.held,.failed{font-weight:600}
        .tiles{display:flex;flex-wrap:wrap;gap:.6rem}
        .tiles div{background:#f2f4f7;border-radius:.5rem;padding:.5rem .9rem;color:#5a6472;font-size:.85rem}
        .tiles b{display:block;color:#1c2430;font-size:1.15rem;font-variant-numeric:tabular-nums}
        figure{margin:1.5rem 0}figcaption{font-weight:600;margin-bottom:.3rem}
        table{border-collapse:collapse;margin:1rem 0;font-variant-numeric:tabular-nums}
        th,td{text-align:right;padding:.3rem .8rem;border-bottom:1px solid #dfe3e8}
        th:first-child,td:first-child{text-align:left;padding-left:0}th{color:#5a6472;font-weight:600}
        svg{width:100%;height:auto;font:12px system-ui,sans-serif}
        svg .grid{stroke:#dfe3e8}svg text{fill:#5a6472}
        svg polyline{fill:none;stroke-width:2;stroke-linejoin:round}
        .s0{stroke:#2563eb}.s1{stroke:#c2410c}.s2{stroke:#7c3aed}text.s0{fill:#2563eb;stroke:none}
        text.s1{fill:#c2410c;stroke:none}text.s2{fill:#7c3aed;stroke:none}circle.s0{fill:#2563eb}
        circle.s1{fill:#c2410c}circle.s2{fill:#7c3aed}
        pre{background:#f2f4f7;border-radius:.5rem;padding:1rem;overflow-x:auto;font-size:.85rem}
        @media(prefers-color-scheme:dark){body{background:#12161c;color:#e6e9ee}.tiles div,pre{background:#1d232c}
        .tiles b{color:#e6e9ee}.tiles div,svg text{color:#9aa5b3;fill:#9aa5b3}svg .grid{stroke:#2c343f}
        th{color:#9aa5b3}th,td{border-color:#2c343f}
        .held{color:#4ade80}.failed{color:#f87171}}
        """
}
