import AllowedDocuments
import ArgumentParser
import CommandSupport
import FanoutRelay

/// Flags about the documents that clients may bring.
struct DocumentOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "An operation that clients may bring, as text or @FILE; may be repeated. Clients send its document, or the "
                + "document's SHA-256 as extensions.persistedQuery; the server gets the text that is given here. A "
                + "subscription becomes a topic for each set of variables, also at /topics/NAME; a query is also at "
                + "/queries/NAME. A token must be for NAME as for a topic's, with the scope subscribe, or execute for "
                + "queries and mutations. OPERATION names one of several in the document.",
            valueName: "name[:operation]=document|@file"
        )
    )
    var allowDocument: [String] = []

    @Option(
        help: ArgumentHelp(
            "What a variable of an allowed document is; may be repeated. claim:PATH takes it from the client's token, "
                + "and the client can't choose another; dots lead into objects. free leaves it to the client. Anything "
                + "else is its value as JSON. Without this option a variable is its default, and one without a default "
                + "must have it.",
            valueName: "name.variable=claim:path|free|json"
        )
    )
    var documentVariable: [String] = []

    /// Adds the documents to a configuration.
    ///
    /// - Parameter asksForTokens: Whether clients have claims.
    func apply(to configuration: inout Configuration, asksForTokens: Bool) throws {
        configuration.documents = try documents()
        guard !asksForTokens else { return }
        for document in configuration.documents {
            guard let binding = document.bindings.first else { continue }
            let rule = "\(document.name).\(binding.variable)=claim:\(binding.claim)"
            throw Failure(
                line: "--document-variable '\(rule)': nobody is asked for a token; allowed: "
                    + "with --token-file, --jwt-key-file, --jwks-file or --tls-client-ca",
                exitCode: 64
            )
        }
    }

    /// The documents, checked, in the order of the flags.
    func documents() throws -> [AllowedDocument] {
        let named = try allowDocument.map(NamedText.init)
        var rules: [String: [String: VariableRule]] = [:]
        for text in documentVariable {
            let rule = try Rule(text)
            guard named.contains(where: { $0.name == rule.document }) else {
                throw Self.failure(
                    "--document-variable",
                    text,
                    "the name of an --allow-document, which '\(rule.document)' is not"
                )
            }
            guard rules[rule.document, default: [:]].updateValue(rule.rule, forKey: rule.variable) == nil else {
                throw Self.failure("--document-variable", text, "one for each variable")
            }
        }
        var documents: [AllowedDocument] = []
        for document in named {
            if let first = documents.first(where: { $0.name == document.name }) {
                throw Self.failure("--allow-document", document.text, "one for each name, which '\(first.name)' has")
            }
            documents.append(try Self.document(document, rules[document.name] ?? [:]))
        }
        return documents
    }

    private static func document(_ named: NamedText, _ rules: [String: VariableRule]) throws -> AllowedDocument {
        let text = try FileText.resolve(named.document, option: "--allow-document")
        do {
            return try AllowedDocument(name: named.name, document: text, operationName: named.operation, rules: rules)
        } catch {
            guard let variable = error.variable else {
                throw Failure(line: "--allow-document '\(named.name)': \(error.problem)", exitCode: 64)
            }
            throw Failure(line: "--document-variable '\(named.name).\(variable)': \(error.problem)", exitCode: 64)
        }
    }

    /// One `NAME[:OPERATION]=DOCUMENT`.
    private struct NamedText {
        let text: String
        let name: String
        let operation: String?
        let document: String

        init(_ text: String) throws {
            guard let equals = text.firstIndex(of: "=") else {
                throw DocumentOptions.failure("--allow-document", text, "NAME=DOCUMENT, NAME=@FILE or NAME:OPERATION=…")
            }
            self.text = String(text[..<equals])
            let names = text[..<equals].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            name = String(names[0])
            operation = names.count > 1 ? String(names[1]) : nil
            document = String(text[text.index(after: equals)...])
        }
    }

    /// One `NAME.VARIABLE=RULE`.
    private struct Rule {
        let document: String
        let variable: String
        let rule: VariableRule

        init(_ text: String) throws {
            // A name may have dots, a variable has none.
            guard let equals = text.firstIndex(of: "="), let dot = text[..<equals].lastIndex(of: ".") else {
                throw DocumentOptions.failure(
                    "--document-variable",
                    text,
                    "NAME.VARIABLE=claim:PATH, free or a JSON value"
                )
            }
            document = String(text[..<dot])
            variable = String(text[text.index(after: dot)..<equals])
            let value = String(text[text.index(after: equals)...])
            if value == "free" {
                rule = .free
            } else if value.hasPrefix("claim:") {
                rule = .claim(String(value.dropFirst("claim:".count)))
            } else {
                rule = .fixed(value)
            }
        }
    }

    private static func failure(_ option: String, _ text: String, _ allowed: String) -> Failure {
        Failure(line: "\(option) '\(text)': allowed: \(allowed)", exitCode: 64)
    }
}
