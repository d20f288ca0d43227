import AccessTokens
import Testing

/// The tokens that the RFCs print.
struct AppendixTests {
    /// A token, its key, and whether its payload is a set of claims.
    struct Vector: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let key: String
        let token: String
        var isClaims = true
    }

    private static let claims =
        "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"

    static let vectors = [
        Vector(
            testDescription: "RFC 7515, A.1, HS256",
            key: #"{"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-"#
                + #"1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"}"#,
            token: "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.\(claims).dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
        ),
        Vector(
            testDescription: "RFC 7515, A.2, RS256",
            key: #"{"kty":"RSA","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJ"#
                + "PMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXnd"
                + "S5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxX"
                + #"FvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ","e":"AQAB"}"#,
            token: "eyJhbGciOiJSUzI1NiJ9.\(claims).cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7A"
                + "AuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6x"
                + "BArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCn"
                + "vWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw"
        ),
        Vector(
            testDescription: "RFC 7515, A.3, ES256",
            key: #"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","#
                + #""y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#,
            token: "eyJhbGciOiJFUzI1NiJ9.\(claims).DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSAp"
                + "mWQxfKTUJqPP3-Kg6NU1Q"
        ),
        Vector(
            testDescription: "RFC 7515, A.4, ES512",
            key: #"{"kty":"EC","crv":"P-521","x":"AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1"#
                + #"jSfS9tsz4qUxcWceqwQGk","#
                + #""y":"ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMa"#
                + #"Zmh9ubmf63e3kyMj2"}"#,
            token: "eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA.AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZq"
                + "wqT2SI-KGDKB34XO0aw_7XdtAG8GaSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBX"
                + "ukOXolLzeO_Jn",
            isClaims: false
        ),
        Vector(
            testDescription: "RFC 8037, A.4, EdDSA",
            key: #"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#,
            token: "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AI"
                + "bQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
            isClaims: false
        ),
    ]

    private static func verifier(_ vector: Vector) throws -> TokenVerifier {
        var rules = TokenRules()
        rules.algorithms = Set(JWTAlgorithm.allCases)
        rules.issuer = "joe"
        return TokenVerifier(
            keys: [try VerificationKey(jwk: Array(vector.key.utf8), allowsSecrets: true)],
            rules: rules
        )
    }

    @Test(arguments: vectors) func `a printed token is judged by its printed key`(_ vector: Vector) throws {
        let verdict = try Self.verifier(vector).verify(vector.token, at: 1_300_819_379)
        guard vector.isClaims else {
            // Its signature is good, and what is signed is no set of claims.
            #expect(verdict.refusal == .malformed)
            return
        }
        let identity = try verdict.get()
        #expect(identity.expiry == 1_300_819_410)
        #expect(identity.claim(path: "http://example.com/is_root") == Array("true".utf8))
    }

    @Test(arguments: vectors) func `it is refused with any bit of its signature changed`(_ vector: Vector) throws {
        let verifier = try Self.verifier(vector)
        let bytes = Array(vector.token.utf8)
        let start = try #require(bytes.lastIndex(of: UInt8(ascii: ".")))
        for place in bytes.indices.dropFirst(start + 1) {
            var other = bytes
            other[place] = other[place] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
            let refusal = verifier.verify(String(decoding: other, as: UTF8.self), at: 1_300_819_379).refusal
            // The last letter has bits over, which must be zero.
            let allowed: [TokenRefusal] = place == bytes.count - 1 ? [.badSignature, .malformed] : [.badSignature]
            #expect(refusal.map { allowed.contains($0) } == true, "\(place): \(String(describing: refusal))")
        }
    }

    @Test func `RFC 7519 section 6 an unsecured token is refused`() {
        let token =
            "eyJhbGciOiJub25lIn0.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ij"
            + "p0cnVlfQ."
        let verifier = TokenVerifier(keys: [])
        #expect(verifier.verify(token, at: 1_300_819_379).refusal == .algorithmNotAllowed)
    }
}
