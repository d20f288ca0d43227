import CommandSupport
import Glibc

/// A line plot as inline SVG.
struct Plot {
    /// A line.
    struct Series {
        var name: String
        var points: [(x: Double, y: Double)]
    }

    private static let size = (width: 720.0, height: 240.0)
    private static let margin = (left: 84.0, right: 60.0, top: 12.0, bottom: 40.0)

    let title: String
    let xTitle: String
    /// At most three.
    let series: [Series]
    /// Whether the vertical axis is logarithmic.
    var isLogarithmic = false
    /// Marks of the horizontal axis; if empty, a few round numbers.
    var xMarks: [(at: Double, text: String)] = []
    /// Formats a value of the vertical axis.
    let yText: (Double) -> String

    /// The figure; a sentence if there is nothing to draw.
    var svg: String {
        let points = series.flatMap(\.points).filter { $0.x.isFinite && $0.y.isFinite }
        let caption = "<figcaption>\(HTMLDocument.escape(title))</figcaption>"
        guard let first = points.map(\.x).min(), let last = points.map(\.x).max(), let top = points.map(\.y).max()
        else {
            return "<figure>\(caption)<p>Nothing to draw: no second went by.</p></figure>"
        }
        let axis = Axis(first: min(xMarks.first?.at ?? 0, first), last: max(last, first + 1e-9))
        let scale = Scale(top: top, least: points.map(\.y).min() ?? 0, isLogarithmic: isLogarithmic)
        let lines = series.enumerated().map { line($1, number: $0, axis, scale) }.joined()
        let body = grid(axis, scale) + lines + names(axis, scale)
        let box = "0 0 \(Int(Self.size.width)) \(Int(Self.size.height))"
        return
            "<figure>\(caption)<svg viewBox=\"\(box)\" role=\"img\" aria-label=\"\(HTMLDocument.escape(title))\">"
            + "\(body)</svg></figure>"
    }

    private func grid(_ axis: Axis, _ scale: Scale) -> String {
        let right = Self.size.width - Self.margin.right
        let bottom = Self.size.height - Self.margin.bottom
        var grid = scale.marks.map { mark in
            let y = Self.place(y: scale.share(of: mark))
            return "<line class=\"grid\" x1=\"\(Self.margin.left)\" x2=\"\(right)\" y1=\"\(y)\" y2=\"\(y)\"/>"
                + "<text x=\"\(Self.margin.left - 8)\" y=\"\(y + 4)\" text-anchor=\"end\">"
                + "\(HTMLDocument.escape(yText(mark)))</text>"
        }
        for mark in xMarks.isEmpty ? axis.marks : xMarks {
            let x = Self.place(x: axis.share(of: mark.at))
            grid.append(
                "<text x=\"\(x)\" y=\"\(bottom + 16)\" text-anchor=\"middle\">\(HTMLDocument.escape(mark.text))</text>"
            )
        }
        let middle = (Self.margin.left + right) / 2
        grid.append(
            "<text x=\"\(middle)\" y=\"\(bottom + 34)\" text-anchor=\"middle\">\(HTMLDocument.escape(xTitle))</text>"
        )
        return grid.joined()
    }

    private func line(_ series: Series, number: Int, _ axis: Axis, _ scale: Scale) -> String {
        let points = series.points.filter { $0.x.isFinite && $0.y.isFinite }
        let places = points.map { point in
            (x: Self.place(x: axis.share(of: point.x)), y: Self.place(y: scale.share(of: point.y)))
        }
        let path = places.map { "\($0.x),\($0.y)" }.joined(separator: " ")
        let dots =
            places.count > 40
            ? [] : places.map { "<circle class=\"s\(number)\" cx=\"\($0.x)\" cy=\"\($0.y)\" r=\"3\"/>" }
        return "<polyline class=\"s\(number)\" points=\"\(path)\"/>\(dots.joined())"
    }

    /// The names of the lines at their ends, without overlap; a single line needs none.
    private func names(_ axis: Axis, _ scale: Scale) -> String {
        guard series.count > 1 else { return "" }
        let ends = series.enumerated().compactMap { number, series in
            series.points.last { $0.y.isFinite }.map {
                (number: number, name: series.name, y: Self.place(y: scale.share(of: $0.y)))
            }
        }
        var lowest = -Double.infinity
        return ends.sorted { $0.y < $1.y }.map { end in
            lowest = Swift.max(end.y, lowest + 13)
            let place = "x=\"\(Self.place(x: 1) + 8)\" y=\"\(lowest + 4)\""
            return "<text class=\"s\(end.number)\" \(place)>\(HTMLDocument.escape(end.name))</text>"
        }.joined()
    }

    private static func place(x share: Double) -> Double {
        rounded(margin.left + share * (size.width - margin.left - margin.right))
    }

    private static func place(y share: Double) -> Double {
        rounded(size.height - margin.bottom - share * (size.height - margin.top - margin.bottom))
    }

    private static func rounded(_ value: Double) -> Double { (value * 10).rounded() / 10 }
}

extension Plot {
    /// The horizontal axis.
    private struct Axis {
        var first: Double
        var last: Double

        func share(of value: Double) -> Double { (value - first) / (last - first) }

        var marks: [(at: Double, text: String)] {
            let step = Scale.roundStep((last - first) / 8)
            return stride(from: 0, through: 10, by: 1).map { first + Double($0) * step }.filter { $0 <= last }.map {
                value in
                (value, step < 1 ? NumberText.decimal(value) : NumberText.grouped(Int(value)))
            }
        }
    }

    /// The vertical axis, from 0, or logarithmic from a power of ten.
    struct Scale {
        let isLogarithmic: Bool
        /// The values at its ends.
        let ends: ClosedRange<Double>

        init(top: Double, least: Double, isLogarithmic: Bool) {
            self.isLogarithmic = isLogarithmic
            if isLogarithmic {
                let low = pow(10, floor(log10(Swift.max(1, least))))
                ends = low...Swift.max(low * 10, pow(10, ceil(log10(Swift.max(1, top)))))
            } else {
                let step = Self.roundStep(Swift.max(top, 1) / 4)
                ends = 0...step * Swift.max(1, (top / step).rounded(.up))
            }
        }

        /// Where a value lies between the ends, 0 to 1.
        func share(of value: Double) -> Double {
            guard isLogarithmic else { return value / ends.upperBound }
            let low = log10(ends.lowerBound)
            return Swift.max(0, (log10(Swift.max(value, ends.lowerBound)) - low) / (log10(ends.upperBound) - low))
        }

        /// The values to write beside the axis.
        var marks: [Double] {
            guard isLogarithmic else {
                let step = Self.roundStep(ends.upperBound / 4.5)
                return (0...10).map { Double($0) * step }.filter { $0 <= ends.upperBound * 1.001 }
            }
            var marks = [ends.lowerBound]
            while let last = marks.last, last * 9.99 < ends.upperBound, marks.count < 20 { marks.append(last * 10) }
            return marks
        }

        /// The next of 1, 2, 5 times a power of ten.
        static func roundStep(_ value: Double) -> Double {
            guard value > 0, value.isFinite else { return 1 }
            let power = pow(10, floor(log10(value)))
            return [1, 2, 5, 10].map { $0 * power }.first { $0 >= value * 0.999 } ?? power * 10
        }
    }
}
