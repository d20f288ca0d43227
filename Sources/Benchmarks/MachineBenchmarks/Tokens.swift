import AccessTokens
import Benchmark

/// The claims of every token: an issuer, an audience, topics and scopes.
private let claims =
    "eyJpc3MiOiJodHRwczovL2lkLmV4YW1wbGUiLCJzdWIiOiJhbGljZSIsImF1ZCI6InJlbGF5IiwiaWF0IjoxNzAwMDAwMDAw"
    + "LCJleHAiOjE3MDAwMDM2MDAsInRvcGljcyI6WyJwcmljZXMiLCJvcmRlcnMuKiJdLCJzY29wZSI6InN1YnNjcmliZSBleGVj"
    + "dXRlIn0"

/// Signed with the keys of the tests.
private let tokens = [
    "HS256": "eyJhbGciOiJIUzI1NiIsImtpZCI6ImgifQ.\(claims)."
        + "optjhZt54BokLxrFQJG3QWS95FxTyeVdmZXNsKZ4MeU",
    "RS256": "eyJhbGciOiJSUzI1NiIsImtpZCI6InIifQ.\(claims)."
        + "LkLvB2yK0-Ck_YPtjFOQEQNGlYOjr8kIIY0NRFhpxRH4g5d7F-TtkCtIrAAEkAmXsD7cVOdPWjtJpIaPxG83lUjOFEFx8SU6"
        + "U-MrrH-ux8KUUGo0hkWrzps1K8XwgJGd7tZ7fHbQ4l0iD2-SoiCy38jmUp4MaQx10ySofvcw3USbHDVtgip5DU5HaPPHB_Qa"
        + "JjXPNmNmcNkX0_5cSAaDdKWrK5RJaM-qrkbnPOTujnry7siki-uNZ4born41cBD4Y4UU5UZR7fM4gHdhOc3kcoYQOcUnBqH2"
        + "J2q1ETCZeNM3sfJ7etuls4VknX--HuFbeP7mSg6swy7AXWsqXrjOkg",
    "ES256": "eyJhbGciOiJFUzI1NiIsImtpZCI6ImUifQ.\(claims)."
        + "XnJIv0x3UYOW3NoWbLpHotT1EMV8y_QeXIXECCOtI0sOaaX8CQZnr3g8eAT4MaKSGCApSHCyUAk0fTIo_SRpXw",
    "EdDSA": "eyJhbGciOiJFZERTQSIsImtpZCI6Im8ifQ.\(claims)."
        + "J75DRVCTR_EG3RaUzTUGTHhXZpFhEKabbKaPAun3oOvn726Zqr4dOm63uSKZ2NC-gpdWmbOAg8egtTKpX7G3AQ",
]

private let keySet =
    #"{"keys":["#
    + #"{"kty":"oct","kid":"h","k":"YSBzZWNyZXQgb2YgdGhlIHRlc3RzLCB3aGljaCBldmVyeWJvZHkgaGFzLCBpbiBzaXh0"#
    + #"eS1mb3VyIGJ5dGVzLg"},"#
    + #"{"kty":"RSA","kid":"r","n":"uP9JkByb_a7OTb3AG1qEns6F9fTLyNrbmAfqjWt0DIVBuBVt_Ig-Mrz9PG2snTfxctQI"#
    + #"muuP6O2JhoxWV4fYqKC1ePLfZgi1h_GOrfVZBI6LjTsf7B7FLdhQ_Br0440ZyUSaLjFZoNQLAyTNGNkfSfoMYCrMEIUg2p5t"#
    + #"vbirDyVMCkSK8qNKcLOKLRrbAAIB9U2KgSWOrwW8FoC-L_d_0Vm-kVSneVL-X-VNbQAaI1DG41dmGrH-ln1ZVmckJRgqrgp3"#
    + #"gSYpzXUjMGZNwBAEkckKyei-VhBfiwYCYQZjHOGNvZQ19xeT4DDCc4zID03zNUhZo2FF8wmObTktlsR8bw","e":"AQAB"},"#
    + #"{"kty":"EC","kid":"e","crv":"P-256","x":"vbivEjxs1yad53LQO4u5InM8mV4muH3GAcIf0S2jP0c","y":"Fb46e"#
    + #"56fhxIkd_VPjy7QajCnjgTGUXoXxUQeo6cqcdM"},"#
    + #"{"kty":"OKP","kid":"o","crv":"Ed25519","x":"FFPrfQ_5ioTXWyeqGf3Cj6kadmKOF1bCZVtB-7d-13I"}]}"#

func registerTokens() {
    let set = try? JSONWebKeySet(parsing: Array(keySet.utf8), allowsSecrets: true)
    var rules = TokenRules()
    rules.issuer = "https://id.example"
    rules.audience = .oneOf(["relay"])
    let now = 1_700_000_000.0
    let verifier = TokenVerifier(keys: set?.keys ?? [], rules: rules, cacheCapacity: 0)
    let caching = TokenVerifier(keys: set?.keys ?? [], rules: rules)
    for (name, token) in tokens.sorted(by: { $0.key < $1.key }) {
        guard case .success = caching.verify(token, at: now) else { fatalError("the token of \(name) isn't good") }
        Benchmark("TokenVerifier: \(name)") { benchmark in
            for _ in benchmark.scaledIterations { blackHole(verifier.verify(token, at: now)) }
        }
        Benchmark("TokenVerifier: \(name), remembered") { benchmark in
            for _ in benchmark.scaledIterations { blackHole(caching.verify(token, at: now)) }
        }
    }
    let text = Array(keySet.utf8)
    Benchmark("JSONWebKeySet: four keys") { benchmark in
        for _ in benchmark.scaledIterations { blackHole(try? JSONWebKeySet(parsing: text, allowsSecrets: true)) }
    }
    let lines = (0..<10_000).map { "0123456789abcdef\($0) subject=alice topics=a,b.*" }.joined(separator: "\n")
    guard let file = try? StaticTokens(parsing: Array(lines.utf8)) else { fatalError("the token file isn't good") }
    let listed = TokenVerifier(staticTokens: file)
    Benchmark("TokenVerifier: one of 10,000 listed tokens") { benchmark in
        for _ in benchmark.scaledIterations { blackHole(listed.verify("0123456789abcdef4711", at: now)) }
    }
}
