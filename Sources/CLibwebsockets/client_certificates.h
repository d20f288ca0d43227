#pragma once
#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <time.h>

// The certificates of a server's clients: how they are asked for and verified, and whom they name. It is set on
// OpenSSL's objects directly, as the server's own certificate: libwebsockets couldn't ask for others later, nor tell who
// was refused.

/// Why a handshake fails because of the client's certificate.
enum clws_client_refusal {
    clws_client_missing, clws_client_expired, clws_client_early, clws_client_authority, clws_client_other,
    clws_client_refusals  ///< how many there are
};

/// The OpenSSL objects of a server's vhost; they must outlive the vhost.
typedef struct clws_tls_t {
    SSL_CTX *identity;  ///< what handshakes present
    SSL_CTX *serving;   ///< what its sessions are made of; set while the vhost is made
    long refused[clws_client_refusals];
} clws_tls_t;

/// Has an identity ask clients for certificates of the authorities of a PEM file.
///
/// 0 when the file can't be used: then `reason` is the static text of OpenSSL or the system.
static inline int clws_trust_clients(SSL_CTX *identity, const char *path, int is_required, const char **reason) {
    ERR_clear_error();
    STACK_OF(X509_NAME) *names = SSL_load_client_CA_file(path);
    if (names && SSL_CTX_load_verify_locations(identity, path, NULL) == 1) {
        SSL_CTX_set_client_CA_list(identity, names);
        SSL_CTX_set_verify(identity, SSL_VERIFY_PEER | (is_required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0), NULL);
        return 1;
    }
    sk_X509_NAME_pop_free(names, X509_NAME_free);
    unsigned long error = ERR_peek_error();
    *reason = ERR_SYSTEM_ERROR(error) ? strerror(ERR_GET_REASON(error)) : ERR_reason_error_string(error);
    ERR_clear_error();
    return 0;
}

static inline void clws_count_client_refusal(clws_tls_t *tls, enum clws_client_refusal reason) {
    __atomic_fetch_add(&tls->refused[reason], 1, __ATOMIC_RELAXED);
}

/// How many handshakes failed for a reason; any thread may ask.
static inline long clws_clients_refused(const clws_tls_t *tls, int reason) {
    return __atomic_load_n(&tls->refused[reason], __ATOMIC_RELAXED);
}

/// Verifies a client's certificate as OpenSSL would, and counts those that are no good.
static inline int clws_verify_client(X509_STORE_CTX *chain, void *tls) {
    int is_good = X509_verify_cert(chain);
    if (is_good == 1) { return 1; }
    enum clws_client_refusal reason = clws_client_other;
    switch (X509_STORE_CTX_get_error(chain)) {
    case X509_V_ERR_CERT_HAS_EXPIRED: reason = clws_client_expired; break;
    case X509_V_ERR_CERT_NOT_YET_VALID: reason = clws_client_early; break;
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT: case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE: case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN: case X509_V_ERR_CERT_UNTRUSTED:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE: reason = clws_client_authority; break;
    default: break;
    }
    clws_count_client_refusal((clws_tls_t *)tls, reason);
    return is_good;
}

/// Counts a client that shows no certificate where it must: OpenSSL tells it so, and nobody else.
static inline void clws_note_alert(const SSL *session, int where, int alert) {
    (void)alert;
    if (where != SSL_CB_WRITE_ALERT) { return; }
    unsigned long error = ERR_peek_last_error();
    int is_missing = ERR_GET_LIB(error) == ERR_LIB_SSL
        && ERR_GET_REASON(error) == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE;
    clws_tls_t *tls = (clws_tls_t *)SSL_CTX_get_app_data(SSL_get_SSL_CTX(session));
    if (is_missing && tls) { clws_count_client_refusal(tls, clws_client_missing); }
}

/// The most bytes of a client's chain: each handshake that is under way may hold as many.
enum { clws_client_chain_size = 32768 };

/// Has the handshakes that begin from now on ask clients for certificates, if the identity says so; 1 on success.
///
/// On the loop's thread, since handshakes read what it sets. Sessions that began before aren't resumed: who was trusted
/// then may not be now.
static inline int clws_ask_clients(clws_tls_t *tls) {
    SSL_CTX *identity = tls->identity, *serving = tls->serving;
    int mode = SSL_CTX_get_verify_mode(identity);
    if (mode == SSL_VERIFY_NONE) { return 1; }
    unsigned char session_context[SSL_MAX_SID_CTX_LENGTH];
    STACK_OF(X509_NAME) *names = SSL_dup_CA_list(SSL_CTX_get_client_CA_list(identity));
    if (!names || RAND_bytes(session_context, sizeof session_context) != 1
        || SSL_CTX_set_session_id_context(serving, session_context, sizeof session_context) != 1
        || SSL_CTX_set1_verify_cert_store(serving, SSL_CTX_get_cert_store(identity)) != 1) {
        sk_X509_NAME_pop_free(names, X509_NAME_free);
        return 0;
    }
    SSL_CTX_set_client_CA_list(serving, names);
    SSL_CTX_set_cert_verify_callback(serving, clws_verify_client, tls);
    SSL_CTX_set_app_data(serving, tls);
    SSL_CTX_set_info_callback(serving, clws_note_alert);
    SSL_CTX_set_max_cert_list(serving, clws_client_chain_size);
    SSL_CTX_set_verify(serving, mode, NULL);
    return 1;
}

/// What a session knows of its client's name.
enum clws_client_name {
    clws_client_unknown,   ///< no certificate was shown
    clws_client_nameless,  ///< the certificate names nobody
    clws_client_named,
    clws_client_misnamed   ///< what names it can't be used as a name
};

/// Copies a text of a certificate in UTF-8, with a zero at its end; 0 when it has a control character or is too long.
static inline int clws_copy_name(const ASN1_STRING *text, char *name, int capacity) {
    unsigned char *bytes = NULL;
    int size = ASN1_STRING_to_UTF8(&bytes, text);
    int is_good = size > 0 && size < capacity;
    for (int index = 0; is_good && index < size; index++) { is_good = bytes[index] >= 0x20 && bytes[index] != 0x7F; }
    if (is_good) {
        memcpy(name, bytes, (size_t)size);
        name[size] = 0;
    }
    OPENSSL_free(bytes);
    return is_good;
}

/// Finds who the client of a session is, by its verified certificate: the first URI among the alternative names, else
/// the first address of e-mail, else the first DNS name, else the common name.
///
/// `end` is when the certificate ends, in seconds since 1970; 0 when it doesn't say.
static inline enum clws_client_name clws_name_client(SSL *session, char *name, int capacity, long long *end) {
    static const int kinds[] = { GEN_URI, GEN_EMAIL, GEN_DNS };
    struct tm last;
    X509 *certificate = session ? SSL_get0_peer_certificate(session) : NULL;
    if (!certificate || SSL_get_verify_result(session) != X509_V_OK) { return clws_client_unknown; }
    *end = ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &last) == 1 ? (long long)timegm(&last) : 0;
    int is_critical = -1;
    GENERAL_NAMES *names = (GENERAL_NAMES *)X509_get_ext_d2i(certificate, NID_subject_alt_name, &is_critical, NULL);
    // One that is there and can't be read.
    if (!names && is_critical != -1) { ERR_clear_error(); return clws_client_misnamed; }
    const ASN1_STRING *text = NULL;
    for (size_t kind = 0; !text && kind < sizeof kinds / sizeof *kinds; kind++) {
        for (int index = 0; !text && index < sk_GENERAL_NAME_num(names); index++) {
            const GENERAL_NAME *entry = sk_GENERAL_NAME_value(names, index);
            if (entry->type == kinds[kind]) { text = entry->d.ia5; }
        }
    }
    enum clws_client_name result = clws_client_nameless;
    if (!text) {
        const X509_NAME *subject = X509_get_subject_name(certificate);
        int place = X509_NAME_get_index_by_NID((X509_NAME *)subject, NID_commonName, -1);
        // Of several it can't be said which one is meant.
        if (place >= 0 && X509_NAME_get_index_by_NID((X509_NAME *)subject, NID_commonName, place) >= 0) {
            result = clws_client_misnamed;
        } else if (place >= 0) {
            text = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, place));
        }
    }
    if (text) { result = clws_copy_name(text, name, capacity) ? clws_client_named : clws_client_misnamed; }
    GENERAL_NAMES_free(names);
    ERR_clear_error();
    return result;
}
