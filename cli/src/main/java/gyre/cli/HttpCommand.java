package gyre.cli;

import gyre.Loop;
import gyre.LoopOptions;
import gyre.ShutdownOptions;
import gyre.http.client.ClientOptions;
import gyre.http.client.ClientRequest;
import gyre.http.client.HttpProxy;
import gyre.http.client.HttpUrl;
import gyre.tls.TlsClient;
import gyre.tls.TlsClientOptions;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code gyre http}: a small client. */
@Command(
    name = "http",
    description = {
      "Asks a server by HTTP/1.1 and prints the body of its answer.",
      "",
      "  gyre http http://127.0.0.1:8080/",
      "  gyre http -v --timings http://127.0.0.1:8080/",
      "  gyre http -X PUT --data-file photo.jpg http://127.0.0.1:8080/photo",
      "  gyre http --sse http://127.0.0.1:8080/events",
      "  gyre http --websocket http://127.0.0.1:8080/chat",
      ""
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:there was an answer",
      "1:there was none, or not all of it",
      "2:the arguments are wrong",
      "3:with --fail, the status of the answer is 400 or more"
    },
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    sortOptions = false)
final class HttpCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(paramLabel = "URL", description = "Where to ask: http[s]://HOST[:PORT][/PATH]")
  private String url = "";

  @Option(
      names = {"-X", "--method"},
      paramLabel = "NAME",
      description = "The method. Default: GET, or POST with a body")
  private @Nullable String method;

  @Option(
      names = {"-H", "--header"},
      paramLabel = "'NAME: VALUE'",
      description = "A field of the request; may be repeated")
  private List<String> headers = new ArrayList<>();

  @Option(
      names = {"-d", "--data"},
      paramLabel = "TEXT",
      description = "The body of the request")
  private @Nullable String data;

  @Option(
      names = "--data-file",
      paramLabel = "FILE",
      description = "The body from a file; - is the standard input, sent in chunks")
  private @Nullable Path dataFile;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FILE",
      description = "Where to write the body of the answer. Default: the standard output")
  private @Nullable Path output;

  @Option(
      names = {"-v", "--verbose"},
      description = "Print the head of the answer to the standard error")
  private boolean isVerbose;

  @Option(names = "--timings", description = "Print how long each phase took to the standard error")
  private boolean hasTimings;

  @Option(names = "--fail", description = "End with 3 if the status is 400 or more")
  private boolean mustSucceed;

  @Option(
      names = "--follow",
      paramLabel = "N",
      defaultValue = "0",
      description = "Follow so many redirects. Default: ${DEFAULT-VALUE}")
  private int redirects;

  @Option(names = "--gzip", description = "Take compressed answers, and inflate them")
  private boolean gzip;

  @Option(
      names = "--proxy",
      paramLabel = "URL",
      description = "http://[USER:PASSWORD@]HOST:PORT or socks5://[USER:PASSWORD@]HOST:PORT")
  private @Nullable String proxy;

  @Option(
      names = "--authorities",
      paramLabel = "FILE",
      description =
          "Certificates to trust instead of the JDK's, as PEM: also one that is self-signed")
  private @Nullable Path authorities;

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      defaultValue = "300",
      description = "For all of it; not with --sse. Default: ${DEFAULT-VALUE}")
  private int timeoutSeconds = 300;

  @Option(
      names = "--sse",
      description = "Print the data of server-sent events until Ctrl-C; comes back when it breaks")
  private boolean isSse;

  @Option(
      names = "--websocket",
      description = "Speak WebSocket: send each line of the standard input, print each message")
  private boolean isWebSocket;

  @Option(
      names = "--engine",
      paramLabel = "NAME",
      defaultValue = "auto",
      converter = Serve.EngineName.class,
      description = "auto, io_uring, epoll or nio. Default: ${DEFAULT-VALUE}")
  private String engine = "auto";

  @Override
  public Integer call() throws Exception {
    ClientOptions options;
    ClientRequest request;
    try {
      options = options();
      request = request();
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()));
    }
    PrintWriter err = spec.commandLine().getErr();
    try (BodyOutput out = output == null ? BodyOutput.standard() : BodyOutput.of(output);
        Loop loop = Loop.open(LoopOptions.defaults().engine(engine))) {
      HttpFetch fetch = new HttpFetch(options, request, out, err, isVerbose, hasTimings);
      // Who presses Ctrl-C wants it to end now: nothing is drained.
      return loop.runUntilShutdown(
              ShutdownOptions.atOnce(), () -> run(fetch, request.url(), out, err))
          .code();
    }
  }

  private int run(HttpFetch fetch, HttpUrl to, BodyOutput out, PrintWriter err) throws Exception {
    int code;
    if (isWebSocket) {
      HttpProxy by = proxy == null ? null : proxy(proxy);
      code = new WebSocketTalk(to, tls(), by, System.in, out, err).run();
    } else {
      code = isSse ? fetch.listen() : exitCode(fetch.ask());
    }
    out.begin();
    return code;
  }

  private int exitCode(int status) {
    return mustSucceed && status >= 400 ? 3 : 0;
  }

  private ClientOptions options() {
    if (timeoutSeconds < 1) {
      throw new IllegalArgumentException("--timeout: " + timeoutSeconds + " is not at least 1");
    }
    ClientOptions options =
        ClientOptions.defaults()
            .redirects(redirects)
            .gzip(gzip)
            .userAgent("gyre-http")
            .totalTimeout(Duration.ofSeconds(timeoutSeconds));
    TlsClient secure = tls();
    if (secure != null) {
      options = options.tls(secure);
    }
    if (isSse && isWebSocket) {
      throw new IllegalArgumentException("--sse and --websocket: one of them is enough");
    }
    String by = proxy;
    return by == null ? options : options.proxy(proxy(by));
  }

  /** Null where it is not needed: the authorities take a while to read. */
  private @Nullable TlsClient tls() {
    return url.startsWith("https:") ? TlsClient.of(tlsOptions()) : null;
  }

  private TlsClientOptions tlsOptions() {
    Path file = authorities;
    TlsClientOptions options = TlsClientOptions.defaults();
    try {
      return file == null ? options : options.trust(file);
    } catch (IOException e) {
      throw new IllegalArgumentException("--authorities: can't read " + file + ": " + e, e);
    }
  }

  static HttpProxy proxy(String text) {
    URI uri;
    try {
      uri = URI.create(text);
    } catch (IllegalArgumentException e) {
      throw wrongProxy(text);
    }
    String scheme = String.valueOf(uri.getScheme());
    String host = uri.getHost();
    boolean isKnown = scheme.equals("http") || scheme.equals("socks5");
    if (!isKnown || host == null || uri.getPort() < 1) {
      throw wrongProxy(text);
    }
    HttpProxy found =
        scheme.equals("http")
            ? HttpProxy.connect(host, uri.getPort())
            : HttpProxy.socks5(host, uri.getPort());
    String user = uri.getUserInfo();
    int colon = user == null ? -1 : user.indexOf(':');
    return user == null || colon < 0
        ? found
        : found.credentials(user.substring(0, colon), user.substring(colon + 1));
  }

  private static IllegalArgumentException wrongProxy(String text) {
    return new IllegalArgumentException(
        "--proxy: '" + text + "' is not http://HOST:PORT or socks5://HOST:PORT");
  }

  private ClientRequest request() throws IOException {
    boolean hasBody = data != null || dataFile != null;
    if (data != null && dataFile != null) {
      throw new IllegalArgumentException("--data and --data-file: one body is enough");
    }
    String chosen = method;
    String used = chosen == null ? (hasBody ? "POST" : "GET") : chosen;
    ClientRequest request = ClientRequest.of(used, HttpUrl.parse(url));
    for (String header : headers) {
      int colon = header.indexOf(':');
      if (colon <= 0) {
        throw new IllegalArgumentException("--header: '" + header + "' is not 'NAME: VALUE'");
      }
      request = request.header(header.substring(0, colon), header.substring(colon + 1).strip());
    }
    String text = data;
    Path file = dataFile;
    if (text != null) {
      return request.body(text);
    }
    return file == null ? request : withFile(request, file);
  }

  private static ClientRequest withFile(ClientRequest request, Path file) throws IOException {
    if (file.toString().equals("-")) {
      return request.body(out -> HttpFetch.copy(System.in, out));
    }
    try {
      return request
          .body(
              Files.size(file),
              out -> {
                try (var in = Files.newInputStream(file)) {
                  HttpFetch.copy(in, out);
                }
              })
          .repeatableBody(true);
    } catch (NoSuchFileException e) {
      throw new IllegalArgumentException("--data-file: there is no file " + file, e);
    }
  }
}
