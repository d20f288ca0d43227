#pragma once
#include <curl/curl.h>

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

static inline long ccurl_status(CURL *easy) {
    long status = 0;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    return status;
}
/// True when any byte of the request left this machine.
static inline int ccurl_was_sent(CURL *easy) {
    long sent = 0;
    curl_off_t uploaded = 0;
    curl_easy_getinfo(easy, CURLINFO_REQUEST_SIZE, &sent);
    curl_easy_getinfo(easy, CURLINFO_SIZE_UPLOAD_T, &uploaded);
    return sent > 0 || uploaded > 0;
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
