#pragma once
#include <curl/curl.h>
#include <string.h>

// curl's setters and getters are variadic, which Swift can't call: one typed wrapper for each kind of value.

static inline CURLcode ccurl_set_text(CURL *easy, CURLoption option, const char *value) {
    return curl_easy_setopt(easy, option, value);
}
static inline CURLcode ccurl_set_number(CURL *easy, CURLoption option, long value) {
    return curl_easy_setopt(easy, option, value);
}
static inline CURLcode ccurl_set_size(CURL *easy, CURLoption option, curl_off_t value) {
    return curl_easy_setopt(easy, option, value);
}
static inline CURLcode ccurl_set_pointer(CURL *easy, CURLoption option, void *value) {
    return curl_easy_setopt(easy, option, value);
}
static inline CURLcode ccurl_set_list(CURL *easy, CURLoption option, struct curl_slist *value) {
    return curl_easy_setopt(easy, option, value);
}

typedef size_t (*ccurl_write)(char *bytes, size_t size, size_t count, void *user);
static inline CURLcode ccurl_set_write(CURL *easy, CURLoption option, ccurl_write function) {
    return curl_easy_setopt(easy, option, function);
}

static inline long ccurl_number(CURL *easy, CURLINFO info) {
    long value = 0;
    curl_easy_getinfo(easy, info, &value);
    return value;
}
static inline curl_socket_t ccurl_open_socket(void *user, curlsocktype purpose, struct curl_sockaddr *address) {
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}
/// Keeps libcurl from what would block the caller's thread, and its connections from programs that are started.
static inline void ccurl_behave(CURL *easy) {
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, ccurl_open_socket);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    // Else its end waits for the thread that resolves its name, however long that takes.
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
    // With GSS-API libcurl reads a SOCKS proxy's answers on a socket that blocks.
    curl_easy_setopt(easy, CURLOPT_SOCKS5_AUTH, (long)CURLAUTH_BASIC);
}
/// Sets the proxy, or none with an empty URL: the choice is made, and libcurl doesn't read the environment itself.
static inline void ccurl_set_proxy(CURL *easy, const char *url) {
    curl_easy_setopt(easy, CURLOPT_PROXY, url);
    curl_easy_setopt(easy, CURLOPT_NOPROXY, "");
}
/// True when any byte of the request left this machine.
///
/// The bytes of a CONNECT to a proxy are counted too: over TLS none of the request leaves before the handshake, which a
/// connection that was kept has behind it.
static inline int ccurl_was_sent(CURL *easy) {
    long sent = 0, connections = 0;
    curl_off_t uploaded = 0, handshake = 0;
    const char *scheme = NULL;
    curl_easy_getinfo(easy, CURLINFO_REQUEST_SIZE, &sent);
    curl_easy_getinfo(easy, CURLINFO_SIZE_UPLOAD_T, &uploaded);
    curl_easy_getinfo(easy, CURLINFO_NUM_CONNECTS, &connections);
    curl_easy_getinfo(easy, CURLINFO_APPCONNECT_TIME_T, &handshake);
    curl_easy_getinfo(easy, CURLINFO_SCHEME, &scheme);
    if (scheme && curl_strequal(scheme, "https") && connections > 0 && handshake == 0) return 0;
    return sent > 0 || uploaded > 0;
}
/// What a SOCKS proxy failed at.
static inline CURLproxycode ccurl_proxy_failure(CURL *easy) {
    return (CURLproxycode)ccurl_number(easy, CURLINFO_PROXY_ERROR);
}
/// The connection that CURLOPT_CONNECT_ONLY made, until the handle leaves its multi handle.
static inline curl_socket_t ccurl_active_socket(CURL *easy) {
    curl_socket_t socket = CURL_SOCKET_BAD;
    curl_easy_getinfo(easy, CURLINFO_ACTIVESOCKET, &socket);
    return socket;
}

/// Copies a part of a URL, as libcurl reads it; a buffer as long as the URL and a few bytes more has room for each.
static inline CURLUcode ccurl_url_part(const char *url, CURLUPart part, char *buffer, size_t size) {
    CURLU *parsed = curl_url();
    char *text = NULL;
    unsigned int flags = CURLU_GUESS_SCHEME | CURLU_NON_SUPPORT_SCHEME;
    CURLUcode code = parsed ? curl_url_set(parsed, CURLUPART_URL, url, flags) : CURLUE_OUT_OF_MEMORY;
    if (code == CURLUE_OK) code = curl_url_get(parsed, part, &text, 0);
    if (code == CURLUE_OK && strlen(text) >= size) code = CURLUE_OUT_OF_MEMORY;
    if (code == CURLUE_OK) strcpy(buffer, text);
    curl_free(text);
    curl_url_cleanup(parsed);
    return code;
}

typedef int (*ccurl_socket)(CURL *easy, curl_socket_t socket, int what, void *user, void *socket_data);
typedef int (*ccurl_timer)(CURLM *multi, long milliseconds, void *user);
static inline void ccurl_multi_callbacks(CURLM *multi, ccurl_socket on_socket, ccurl_timer on_timer, void *user) {
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, user);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(multi, CURLMOPT_TIMERDATA, user);
}
static inline void ccurl_multi_limit(CURLM *multi, long connections) {
    curl_multi_setopt(multi, CURLMOPT_MAX_HOST_CONNECTIONS, connections);
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, connections);
}
/// The next transfer that ended; NULL when there is none.
static inline CURL *ccurl_next_done(CURLM *multi, CURLcode *result) {
    int left = 0;
    for (CURLMsg *message; (message = curl_multi_info_read(multi, &left));) {
        if (message->msg != CURLMSG_DONE) continue;
        *result = message->data.result;
        return message->easy_handle;
    }
    return NULL;
}
