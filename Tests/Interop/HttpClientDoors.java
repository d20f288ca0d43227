import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpClient.Version;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** Goes through every door of a relay with Java's own HTTP client: URL VERSION [CERTIFICATE]; a line for each. */
public class HttpClientDoors {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final String QUERY = "{\"query\":\"{ hello }\"}";
    private static final String SUBSCRIPTION = "{\"query\":\"subscription { tick(intervalMs: 20) { n at } }\"}";
    private final HttpClient client;
    private final String base;

    private HttpClientDoors(String base, Version version, Path certificate) throws Exception {
        this.base = base;
        var builder = HttpClient.newBuilder().connectTimeout(PATIENCE).version(version);
        if (certificate != null) builder.sslContext(trusting(certificate));
        client = builder.build();
    }

    private static SSLContext trusting(Path certificate) throws Exception {
        var store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null);
        try (var file = Files.newInputStream(certificate)) {
            store.setCertificateEntry("relay", CertificateFactory.getInstance("X.509").generateCertificate(file));
        }
        var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        var context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return context;
    }

    private HttpRequest.Builder to(String path) {
        return HttpRequest.newBuilder(URI.create(base + path)).timeout(PATIENCE);
    }

    private HttpRequest.Builder post(HttpRequest.BodyPublisher body) {
        return to("/graphql").header("Content-Type", "application/json").POST(body);
    }

    private String answer(HttpRequest.Builder request) throws Exception {
        var response = client.send(request.build(), BodyHandlers.ofString());
        return response.statusCode() + " " + response.body().strip();
    }

    private String events(HttpRequest.Builder request) throws Exception {
        request.header("Accept", "text/event-stream");
        var response = client.send(request.build(), BodyHandlers.ofLines());
        try (var lines = response.body()) {
            return response.statusCode() + " " + lines.filter(line -> line.startsWith("data: ")).limit(3).count();
        }
    }

    private String together(int count) {
        var answers = IntStream.range(0, count)
            .mapToObj(index -> client.sendAsync(to("/healthz").build(), BodyHandlers.ofString()))
            .collect(Collectors.toList());
        return answers.stream().map(answer -> answer.join().statusCode()).distinct().toList().toString();
    }

    private String socket(String path, String subprotocol, String begin) throws Exception {
        var news = new LinkedBlockingQueue<String>();
        var builder = client.newWebSocketBuilder().connectTimeout(PATIENCE);
        if (subprotocol != null) builder.subprotocols(subprotocol);
        var address = URI.create(base.replaceFirst("http", "ws") + path);
        var socket = builder.buildAsync(address, new Reader(news)).get(20, TimeUnit.SECONDS);
        if (subprotocol != null) {
            socket.sendText("{\"type\":\"connection_init\"}", true).join();
            until(news, "connection_ack");
            socket.sendText("{\"type\":\"" + begin + "\",\"id\":\"1\",\"payload\":" + SUBSCRIPTION + "}", true).join();
        }
        for (var event = 0; event < 3; event++) until(news, "\"tick\":{");
        socket.sendClose(1000, "bye").join();
        return "[" + socket.getSubprotocol() + "] " + until(news, "closed ");
    }

    private static String until(LinkedBlockingQueue<String> news, String part) throws Exception {
        while (true) {
            var message = news.poll(20, TimeUnit.SECONDS);
            if (message == null) throw new TimeoutException("no " + part);
            if (message.contains(part)) return message;
        }
    }

    private static void show(String door, Callable<String> what) {
        String outcome;
        try {
            outcome = what.call();
        } catch (Exception error) {
            outcome = "failed: " + error;
        }
        System.out.println(door + ": " + outcome);
    }

    public static void main(String[] arguments) throws Exception {
        var certificate = arguments.length > 2 ? Path.of(arguments[2]) : null;
        var doors = new HttpClientDoors(arguments[0], Version.valueOf(arguments[1]), certificate);
        for (var round = 0; round < 3; round++) {
            show("health", () -> doors.answer(doors.to("/healthz")));
            show("post", () -> doors.answer(doors.post(BodyPublishers.ofString(QUERY))));
        }
        show("together", () -> doors.together(10));
        show("large", () -> doors.answer(doors.post(BodyPublishers.ofString(QUERY + " ".repeat(50_000)))));
        show("expecting", () -> doors.answer(doors.post(BodyPublishers.ofString(QUERY)).expectContinue(true)));
        show("chunked", () -> doors.answer(doors.post(BodyPublishers.ofByteArrays(List.of(QUERY.getBytes())))));
        show("topic events", () -> doors.events(doors.to("/topics/tick")));
        show("operation events", () -> doors.events(doors.post(BodyPublishers.ofString(SUBSCRIPTION))));
        show("plain socket", () -> doors.socket("/topics/tick", null, null));
        show("socket", () -> doors.socket("/graphql", "graphql-transport-ws", "subscribe"));
        show("legacy socket", () -> doors.socket("/graphql", "graphql-ws", "start"));
        show("health", () -> doors.answer(doors.to("/healthz")));
        System.exit(0);
    }

    /** Puts what a socket gets into a queue. */
    private record Reader(LinkedBlockingQueue<String> news, StringBuilder text) implements WebSocket.Listener {
        Reader(LinkedBlockingQueue<String> news) {
            this(news, new StringBuilder());
        }

        @Override
        public CompletionStage<?> onText(WebSocket socket, CharSequence part, boolean isLast) {
            text.append(part);
            if (isLast) {
                news.add(text.toString());
                text.setLength(0);
            }
            socket.request(1);
            return null;
        }

        @Override
        public CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
            news.add("closed " + code + " " + reason);
            return null;
        }

        @Override
        public void onError(WebSocket socket, Throwable error) {
            news.add("closed by " + error);
        }
    }
}
