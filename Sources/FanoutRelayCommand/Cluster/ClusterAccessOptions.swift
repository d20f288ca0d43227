import ArgumentParser
import CommandSupport
import FanoutRelay
import Glibc
internal import NATSLink
internal import WebSockets

/// Flags about as whom the servers of a group are connected to, and which of them are believed.
struct ClusterAccessOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A credentials file as nsc writes it, with a user's JWT and seed; read at each connect. At most one of the "
                + "four ways to log in may be given; without any the servers are connected to as nobody.",
            valueName: "file"
        )
    )
    var clusterCredentials: String?

    @Option(
        help: ArgumentHelp("A file with the seed of a user's nkey, read at each connect.", valueName: "file")
    )
    var clusterNkeyFile: String?

    @Option(
        help: ArgumentHelp(
            "A file with the token that the servers ask for, read at each connect. It is sent as it is, so the servers "
                + "should be tls://.",
            valueName: "file"
        )
    )
    var clusterTokenFile: String?

    @Option(
        help: ArgumentHelp("The user to log in as, with --cluster-password-file.", valueName: "name"),
        transform: Self.user
    )
    var clusterUser: String?

    @Option(
        help: ArgumentHelp(
            "A file with the password of --cluster-user, read at each connect. It is sent as it is, so the servers "
                + "should be tls://.",
            valueName: "file"
        )
    )
    var clusterPasswordFile: String?

    @Option(
        help: ArgumentHelp(
            "A PEM file of certificate authorities to trust for the servers besides the system's.",
            valueName: "file"
        )
    )
    var clusterCa: String?

    @Option(
        help: ArgumentHelp(
            "A PEM file of the certificate to show to servers that ask for one; read at each connect.",
            valueName: "file"
        )
    )
    var clusterCertificate: String?

    @Option(help: ArgumentHelp("A PEM file of the key of --cluster-certificate.", valueName: "file"))
    var clusterKey: String?

    /// The flags, and whether each was given.
    var given: [(name: String, isGiven: Bool)] {
        [
            ("--cluster-credentials", clusterCredentials != nil), ("--cluster-nkey-file", clusterNkeyFile != nil),
            ("--cluster-token-file", clusterTokenFile != nil), ("--cluster-user", clusterUser != nil),
            ("--cluster-password-file", clusterPasswordFile != nil), ("--cluster-ca", clusterCa != nil),
            ("--cluster-certificate", clusterCertificate != nil), ("--cluster-key", clusterKey != nil),
        ]
    }

    /// Writes the flags to a configuration; the files that they name must be there.
    func apply(to cluster: inout ClusterConfiguration) throws {
        cluster.credentials = try credentials()
        if let clusterCa { try FileText.checkReadable(clusterCa, option: "--cluster-ca") }
        cluster.authorityFile = clusterCa
        cluster.identity = try identity()
    }

    private func credentials() throws -> NATSLinkConfiguration.Credentials {
        let ways = given.prefix(4).filter(\.isGiven).map(\.name)
        guard ways.count <= 1 else {
            throw Failure(line: "\(ways[1]): allowed: without \(ways[0])", exitCode: EX_USAGE)
        }
        switch (clusterUser, clusterPasswordFile) {
        case (nil, nil): break
        case (let user?, let path?):
            try FileText.checkReadable(path, option: "--cluster-password-file")
            return .passwordFile(user: user, path: path)
        case (nil, _):
            throw Failure(line: "--cluster-password-file: allowed: with --cluster-user", exitCode: EX_USAGE)
        case (let user?, nil):
            throw Failure(
                line: "--cluster-user '\(user)': allowed: with --cluster-password-file",
                exitCode: EX_USAGE
            )
        }
        if let clusterCredentials {
            try FileText.checkReadable(clusterCredentials, option: "--cluster-credentials")
            return .credentialsFile(clusterCredentials)
        }
        if let clusterNkeyFile {
            try FileText.checkReadable(clusterNkeyFile, option: "--cluster-nkey-file")
            return .seedFile(clusterNkeyFile)
        }
        guard let clusterTokenFile else { return .none }
        try FileText.checkReadable(clusterTokenFile, option: "--cluster-token-file")
        return .tokenFile(clusterTokenFile)
    }

    private func identity() throws -> TLSIdentity? {
        switch (clusterCertificate, clusterKey) {
        case (nil, nil): return nil
        case (let certificate?, let key?):
            try FileText.checkReadable(certificate, option: "--cluster-certificate")
            try FileText.checkReadable(key, option: "--cluster-key")
            return TLSIdentity(certificateFile: certificate, keyFile: key)
        case (nil, _):
            throw Failure(line: "--cluster-key: allowed: with --cluster-certificate", exitCode: EX_USAGE)
        case (_, nil):
            throw Failure(line: "--cluster-certificate: allowed: with --cluster-key", exitCode: EX_USAGE)
        }
    }

    private static func user(_ text: String) throws -> String {
        guard (1...255).contains(text.utf8.count), !text.unicodeScalars.contains(where: { $0.value < 0x20 }) else {
            throw ValidationError("allowed: 1 to 255 bytes without control characters")
        }
        return text
    }
}
