#pragma once
#include "client_certificates.h"
#include <errno.h>
#include <libwebsockets.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

// A server's certificate and TLS parameters, set on OpenSSL's objects directly: libwebsockets would silently load a
// certificate with the wrong key, and couldn't replace one later. And the TLS of dialled connections, which
// libwebsockets has no part in.

/// What of an identity can't be used.
enum clws_identity_part { clws_identity_certificate = 1, clws_identity_key = 2, clws_identity_clients = 3 };

/// Without it OpenSSL asks for the passphrase of an encrypted key on the terminal.
static inline int clws_no_passphrase(char *passphrase, int size, int is_writing, void *user) {
    (void)passphrase; (void)size; (void)is_writing; (void)user;
    return -1;
}

static inline EVP_PKEY *clws_read_key(const char *path) {
    BIO *file = BIO_new_file(path, "r");
    if (!file) { return NULL; }
    EVP_PKEY *key = PEM_read_bio_PrivateKey(file, NULL, clws_no_passphrase, NULL);
    BIO_free(file);
    return key;
}

/// Reads a PEM chain, the server's own certificate first, and its key.
///
/// Both are kept in a context that never serves.
///
/// NULL when one of them can't be used: then `part` names it, and `reason` is the static text of OpenSSL or the system.
static inline SSL_CTX *clws_read_identity(
    const char *certificate_path, const char *key_path, int *part, const char **reason
) {
    ERR_clear_error();
    *part = clws_identity_certificate;
    SSL_CTX *identity = SSL_CTX_new(TLS_server_method());
    EVP_PKEY *key = NULL;
    int is_usable = 0;
    if (identity && SSL_CTX_use_certificate_chain_file(identity, certificate_path) == 1) {
        *part = clws_identity_key;
        key = clws_read_key(key_path);
        // Checked here, because SSL_CTX_use_PrivateKey takes a key of another kind for that of another certificate.
        is_usable = key && X509_check_private_key(SSL_CTX_get0_certificate(identity), key) == 1
            && SSL_CTX_use_PrivateKey(identity, key) == 1;
    }
    EVP_PKEY_free(key);
    if (is_usable) { return identity; }
    // The first error is the cause; later ones only say which of OpenSSL's layers failed because of it.
    unsigned long error = ERR_peek_error();
    *reason = ERR_SYSTEM_ERROR(error) ? strerror(ERR_GET_REASON(error)) : ERR_reason_error_string(error);
    ERR_clear_error();
    SSL_CTX_free(identity);
    return NULL;
}

/// When the server's own certificate expires, in seconds since 1970; 0 when that is unknown.
static inline long long clws_identity_end(const SSL_CTX *identity) {
    struct tm end;
    const X509 *certificate = SSL_CTX_get0_certificate(identity);
    if (!certificate || ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end) != 1) { return 0; }
    return (long long)timegm(&end);
}

/// Gives a handshake the identity that is current when it begins.
static inline int clws_present_identity(SSL *session, void *tls) {
    SSL_CTX *identity = ((const clws_tls_t *)tls)->identity;
    STACK_OF(X509) *chain = NULL;
    SSL_CTX_get0_chain_certs(identity, &chain);
    SSL_certs_clear(session);
    return SSL_use_cert_and_key(
        session, SSL_CTX_get0_certificate(identity), SSL_CTX_get0_privatekey(identity), chain, 1
    );
}

/// Secures a server's vhost, for which libwebsockets asks while it makes the vhost; 0 on success.
///
/// The vhost then presents its identity, at TLS 1.2 or later, with forward secrecy and AEAD ciphers only. Sessions are
/// resumed by tickets alone, since a cache would keep memory for clients that have left.
static inline int clws_secure_vhost(void *vhost, void *context) {
    clws_tls_t *tls = (clws_tls_t *)lws_vhost_user((struct lws_vhost *)vhost);
    SSL_CTX *serving = (SSL_CTX *)context;
    if (!tls || SSL_CTX_up_ref(serving) != 1) { return 1; }
    tls->serving = serving;
    SSL_CTX_set_cert_cb(serving, clws_present_identity, tls);
    // libwebsockets would give the session to the first vhost, since all of a context have the same port here: none.
    SSL_CTX_set_tlsext_servername_callback(serving, NULL);
    SSL_CTX_set_session_cache_mode(serving, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_options(serving, SSL_OP_NO_RENEGOTIATION | SSL_OP_PRIORITIZE_CHACHA);
    return SSL_CTX_set_min_proto_version(serving, TLS1_2_VERSION) == 1
        && SSL_CTX_set_cipher_list(serving, "ECDHE+AESGCM:ECDHE+CHACHA20") == 1 && clws_ask_clients(tls) ? 0 : 1;
}

/// How many handshakes clients began; any thread may ask.
static inline long clws_handshakes_begun(const clws_tls_t *tls) { return SSL_CTX_sess_accept(tls->serving); }

/// How many handshakes were completed; any thread may ask.
static inline long clws_handshakes_completed(const clws_tls_t *tls) { return SSL_CTX_sess_accept_good(tls->serving); }

/// Reads what a session deciphers, as recv(2) would: 0 at the end, and a negative number with errno.
///
/// ENOBUFS when the kernel has to take what TLS itself has to say first, such as the answer to a new key.
static inline ssize_t clws_decipher(SSL *session, void *bytes, size_t size) {
    size_t count = 0;
    ERR_clear_error();
    int status = SSL_read_ex(session, bytes, size, &count);
    if (status == 1) { return (ssize_t)count; }
    switch (SSL_get_error(session, status)) {
    case SSL_ERROR_ZERO_RETURN: return 0;
    case SSL_ERROR_WANT_READ: errno = EAGAIN; return -1;
    case SSL_ERROR_WANT_WRITE: errno = ENOBUFS; return -1;
    default: ERR_clear_error(); errno = ECONNRESET; return -1;
    }
}

/// Sends the end of a session; to be called when nothing that was written waits.
///
/// A reader that has no room for it sees the connection's end only.
static inline void clws_finish(SSL *session) {
    ERR_clear_error();
    if (session && SSL_is_init_finished(session)) { SSL_shutdown(session); }
    ERR_clear_error();
}

/// Whether a record that was deciphered has more to read: the kernel tells of none that it has given already.
static inline int clws_has_deciphered(const SSL *session) { return session && SSL_pending(session) > 0; }

/// Why a client's handshake failed, as far as OpenSSL can tell.
typedef struct clws_tls_failure_t {
    int is_within;       ///< whether it was the handshake that failed
    long flaw;           ///< X509_V_OK, or what is wrong with the server's certificate
    int is_end;          ///< the connection ended
    int is_unanswered;   ///< nothing came that could be understood as an answer to the first message
    int is_alert;        ///< the server itself refused it
    const char *reason;  ///< OpenSSL's static words; NULL when it has none
} clws_tls_failure_t;

/// Asked within the callback that tells of the failure, while OpenSSL's errors of this thread are those of it.
static inline clws_tls_failure_t clws_tls_failure(SSL *session) {
    clws_tls_failure_t failure;
    memset(&failure, 0, sizeof failure);
    if (!session || SSL_is_init_finished(session)) { return failure; }
    unsigned long error = ERR_peek_error();
    int reason = ERR_GET_LIB(error) == ERR_LIB_SSL ? ERR_GET_REASON(error) : 0;
    failure.is_within = 1;
    failure.flaw = SSL_get_verify_result(session);
    failure.is_end = !error || reason == SSL_R_UNEXPECTED_EOF_WHILE_READING;
    failure.is_unanswered = SSL_get_state(session) == TLS_ST_CW_CLNT_HELLO;
    // Alerts are told as reasons from this number on.
    failure.is_alert = reason >= SSL_AD_REASON_OFFSET && reason < SSL_AD_REASON_OFFSET + 256;
    failure.reason = error ? ERR_reason_error_string(error) : NULL;
    return failure;
}

/// What is wrong with a certificate, of what an operator can do something about.
enum clws_flaw { clws_flaw_other, clws_flaw_expired, clws_flaw_early, clws_flaw_name, clws_flaw_authority };

static inline enum clws_flaw clws_flaw_of(long code) {
    switch (code) {
    case X509_V_ERR_CERT_HAS_EXPIRED: return clws_flaw_expired;
    case X509_V_ERR_CERT_NOT_YET_VALID: return clws_flaw_early;
    case X509_V_ERR_HOSTNAME_MISMATCH: case X509_V_ERR_IP_ADDRESS_MISMATCH: return clws_flaw_name;
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT: case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE: case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN: case X509_V_ERR_CERT_UNTRUSTED: return clws_flaw_authority;
    default: return clws_flaw_other;
    }
}

/// Names what is wrong with a certificate, in OpenSSL's static words.
static inline const char *clws_flaw_name_of(long code) { return X509_verify_cert_error_string(code); }

/// What dialled sessions are made of: TLS 1.2 or later, and a server that is known by its certificate.
///
/// An own CA file replaces the system's authorities; NULL keeps them. NULL when the file can't be used.
static inline SSL_CTX *clws_client_context(const char *authority_file) {
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    if (!context) { return NULL; }
    int is_trusting = authority_file ? SSL_CTX_load_verify_locations(context, authority_file, NULL)
                                     : SSL_CTX_set_default_verify_paths(context);
    ERR_clear_error();
    if (is_trusting != 1 || SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1) {
        SSL_CTX_free(context);
        return NULL;
    }
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    // Within one, what is to be written may have to wait for what is to be read.
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION);
    // What waits for the kernel grows at its end, and may move.
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    return context;
}

/// Has a client's sessions show an identity to servers that ask for one; 1 when they will.
static inline int clws_client_identify(SSL_CTX *context, SSL_CTX *identity) {
    STACK_OF(X509) *chain = NULL;
    SSL_CTX_get0_chain_certs(identity, &chain);
    int is_set = SSL_CTX_use_cert_and_key(
        context, SSL_CTX_get0_certificate(identity), SSL_CTX_get0_privatekey(identity), chain, 1
    );
    ERR_clear_error();
    return is_set;
}

/// A session on a connected descriptor, with a server of this name or numeric address; NULL when there is no memory.
static inline SSL *clws_client_session(SSL_CTX *context, int descriptor, const char *host) {
    SSL *session = SSL_new(context);
    if (!session) { return NULL; }
    static const unsigned char protocols[] = "\x08http/1.1";
    X509_VERIFY_PARAM *rules = SSL_get0_param(session);
    X509_VERIFY_PARAM_set_hostflags(rules, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    int is_named = X509_VERIFY_PARAM_set1_ip_asc(rules, host) == 1
        || (X509_VERIFY_PARAM_set1_host(rules, host, 0) == 1 && SSL_set_tlsext_host_name(session, host) == 1);
    if (!is_named || SSL_set_fd(session, descriptor) != 1
        || SSL_set_alpn_protos(session, protocols, sizeof protocols - 1) != 0) {
        SSL_free(session);
        return NULL;
    }
    SSL_set_connect_state(session);
    return session;
}

/// How far a step of a handshake came.
enum clws_step { clws_step_done, clws_step_reading, clws_step_writing, clws_step_failed };

/// Takes the next step; after a failure `clws_tls_failure` says why.
static inline enum clws_step clws_client_handshake(SSL *session) {
    ERR_clear_error();
    int status = SSL_do_handshake(session);
    if (status == 1) { return clws_step_done; }
    switch (SSL_get_error(session, status)) {
    case SSL_ERROR_WANT_READ: return clws_step_reading;
    case SSL_ERROR_WANT_WRITE: return clws_step_writing;
    default: return clws_step_failed;
    }
}

/// Sends what a session enciphers, as send(2) would: a negative number with errno when nothing was taken.
///
/// After EAGAIN the next call has to begin with the same bytes.
static inline ssize_t clws_encipher(SSL *session, const void *bytes, size_t size) {
    size_t count = 0;
    ERR_clear_error();
    int status = SSL_write_ex(session, bytes, size, &count);
    if (status == 1) { return (ssize_t)count; }
    switch (SSL_get_error(session, status)) {
    case SSL_ERROR_WANT_READ: case SSL_ERROR_WANT_WRITE: errno = EAGAIN; return -1;
    case SSL_ERROR_SSL: ERR_clear_error(); errno = EPROTO; return -1;
    default: ERR_clear_error(); errno = ECONNRESET; return -1;
    }
}

enum { clws_accept_key_size = 29 };

/// What a server has to answer to a handshake's key (RFC 6455, section 4.2.2); with its zero it takes 29 bytes.
static inline void clws_accept_key(const char *key, char *answer) {
    unsigned char digest[SHA_DIGEST_LENGTH];
    char text[128];
    snprintf(text, sizeof text, "%s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", key);
    SHA1((const unsigned char *)text, strlen(text), digest);
    EVP_EncodeBlock((unsigned char *)answer, digest, sizeof digest);
}

/// A new key for a handshake: 16 random bytes in 24 characters and a zero; 0 when there is no chance.
static inline int clws_handshake_key(char *key) {
    unsigned char bytes[16];
    if (RAND_bytes(bytes, sizeof bytes) != 1) { return 0; }
    EVP_EncodeBlock((unsigned char *)key, bytes, sizeof bytes);
    return 1;
}
