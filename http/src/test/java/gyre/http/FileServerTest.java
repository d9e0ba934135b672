package gyre.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import gyre.LoopGroup;
import gyre.Loops;
import gyre.http.files.FileOptions;
import gyre.http.files.FileServer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Files over HTTP, on each engine that can open below a directory, in both styles. */
@Tag("fiber-modes-2")
@ParameterizedClass
@MethodSource("ways")
@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class FileServerTest {
  private static final Instant MODIFIED = Instant.parse("1994-11-06T08:49:37.5Z");
  private static final String DATE = "Sun, 06 Nov 1994 08:49:37 GMT";
  private static final int LARGE_BYTES = 3_000_000;

  @Parameter(0)
  String engine = "";

  @Parameter(1)
  Style style = Style.DIRECT;

  @TempDir private Path top;
  private Path root;
  private LoopGroup group;
  private final List<String> reported = new CopyOnWriteArrayList<>();

  @TempDir private static Path shared;
  private static byte[] large = {};

  static Stream<Arguments> ways() {
    return Stream.of("io_uring", "epoll")
        .flatMap(
            name -> Stream.of(Style.DIRECT, Style.PUSH).map(style -> Arguments.of(name, style)));
  }

  /** Once for all, as nobody changes it. */
  @BeforeAll
  static void writeLarge() throws IOException {
    large = new byte[LARGE_BYTES];
    new Random(1).nextBytes(large);
    Files.write(shared.resolve("large.bin"), large);
  }

  @BeforeEach
  void open() throws IOException {
    root = Files.createDirectory(top.resolve("root"));
    write("small.txt", "0123456789");
    Files.createLink(root.resolve("large.bin"), shared.resolve("large.bin"));
    group =
        LoopGroup.open(
            1, Loops.options(engine).failures((source, e) -> reported.add(String.valueOf(e))));
  }

  @AfterEach
  void close() {
    group.close();
    assertThat(reported).isEmpty();
  }

  private Path write(String name, String content) throws IOException {
    Path file = root.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, content);
    Files.setLastModifiedTime(file, FileTime.from(MODIFIED));
    return file;
  }

  private HttpServer server(FileOptions options) {
    return style.open(group.loop(0), HttpOptions.defaults(), FileServer.below(root, options));
  }

  private static RawClient.Answer get(HttpServer server, String target, String... fields)
      throws IOException {
    return ask(server, "GET", target, fields);
  }

  private static RawClient.Answer ask(
      HttpServer server, String method, String target, String... fields) throws IOException {
    try (RawClient client = new RawClient(server.address())) {
      StringBuilder head = new StringBuilder(method + " " + target + " HTTP/1.1\r\nHost: a\r\n");
      for (String field : fields) {
        head.append(field).append("\r\n");
      }
      return client.send(head + "\r\n").receive(method);
    }
  }

  private static String field(RawClient.Answer answer, String name) {
    int at = answer.head().indexOf("\r\n" + name + ": ");
    assertThat(at).as(answer.head()).isPositive();
    int from = at + name.length() + 4;
    return answer.head().substring(from, answer.head().indexOf('\r', from));
  }

  @Test
  void shouldSendSmallAndLargeFilesWhole() throws Exception {
    try (HttpServer server = server(FileOptions.defaults())) {
      for (int i = 0; i < 3; i++) {
        RawClient.Answer small = get(server, "/small.txt");
        assertThat(small.body()).isEqualTo("0123456789");
        assertThat(small.hasField("Content-Type: text/plain; charset=utf-8")).isTrue();
        assertThat(small.hasField("Last-Modified: " + DATE)).isTrue();
        assertThat(get(server, "/large.bin").body())
            .isEqualTo(new String(large, StandardCharsets.ISO_8859_1));
      }
      RawClient.Answer head = ask(server, "HEAD", "/large.bin");
      assertThat(head.hasField("Content-Length: " + LARGE_BYTES)).isTrue();
      assertThat(head.hasField("Content-Type: application/octet-stream")).isTrue();
      assertThat(ask(server, "HEAD", "/small.txt").hasField("Content-Length: 10")).isTrue();
      assertThat(ask(server, "POST", "/small.txt", "Content-Length: 0").status()).isEqualTo(405);
      assertThat(get(server, "/none").status()).isEqualTo(404);
      assertThat(get(server, "/small.txt/").status()).isEqualTo(404);
    }
  }

  @Test
  void shouldServeNothingOutsideOfTheDirectory() throws Exception {
    Files.writeString(top.resolve("secret"), "secret");
    Files.createSymbolicLink(root.resolve("out"), top.resolve("secret"));
    Files.createSymbolicLink(root.resolve("up"), Path.of(".."));
    Files.createSymbolicLink(root.resolve("in"), Path.of("small.txt"));
    write(".hidden", "hidden");
    List<String> targets =
        List.of(
            "/../secret",
            "/%2e%2e/secret",
            "/..%2fsecret",
            "/%2e%2e%2fsecret",
            "/%252e%252e/secret",
            "/small.txt/../../secret",
            "/out",
            "/up/secret",
            "//secret",
            "/.hidden",
            "/%2ehidden",
            "/small.txt%01",
            "/..\\secret".replace("\\", "%5c"),
            "/" + "a/".repeat(100) + "b");
    try (HttpServer server = server(FileOptions.defaults());
        HttpServer following = server(FileOptions.defaults().followLinks(true))) {
      for (String target : targets) {
        assertThat(get(server, target).status()).as(target).isEqualTo(404);
        assertThat(get(following, target).status()).as(target).isEqualTo(404);
      }
      assertThat(get(server, "/in").status()).isEqualTo(404);
      assertThat(get(following, "/in").body()).isEqualTo("0123456789");
    }
    try (HttpServer server = server(FileOptions.defaults().hidden(true))) {
      assertThat(get(server, "/.hidden").body()).isEqualTo("hidden");
    }
  }

  @Test
  void shouldNotServeByAPathThatRoutesSeeAsAnother() throws Exception {
    write("private/in.txt", "inside");
    HttpHandler files = FileServer.below(root, FileOptions.defaults().pathParameter("path"));
    Router router =
        Router.create()
            .get("/private/{path*}", (request, response) -> response.status(403).send())
            .get("/{path*}", files);
    try (HttpServer server = style.open(group.loop(0), HttpOptions.defaults(), router)) {
      assertThat(get(server, "/small.txt").status()).isEqualTo(200);
      assertThat(get(server, "/private/in.txt").status()).isEqualTo(403);
      assertThat(get(server, "/%70rivate/in.txt").status()).isEqualTo(403);
      assertThat(get(server, "/private%2Fin.txt").status()).isEqualTo(404);
      assertThat(get(server, "/private%2fin.txt").status()).isEqualTo(404);
    }
  }

  @Test
  void shouldNotWaitForWhatIsNoFile() throws Exception {
    Process maker = new ProcessBuilder("mkfifo", root.resolve("pipe").toString()).start();
    assertThat(maker.waitFor()).isZero();
    try (HttpServer server = server(FileOptions.defaults())) {
      assertThat(get(server, "/pipe").status()).isEqualTo(404);
    }
  }

  @Test
  void shouldAnswerConditions() throws Exception {
    try (HttpServer server = server(FileOptions.defaults())) {
      String tag = field(get(server, "/small.txt"), "ETag");
      String[][] cases = {
        {"304", "If-None-Match: " + tag},
        {"304", "If-None-Match: \"x\", W/" + tag},
        {"304", "If-None-Match: *"},
        {"200", "If-None-Match: \"x\""},
        {"304", "If-Modified-Since: " + DATE},
        {"304", "If-Modified-Since: Sunday, 06-Nov-94 08:49:37 GMT"},
        {"304", "If-Modified-Since: Sun Nov  6 08:49:37 1994"},
        {"200", "If-Modified-Since: Sun, 06 Nov 1994 08:49:36 GMT"},
        {"200", "If-Modified-Since: yesterday"},
        {"200", "If-None-Match: \"x\"\r\nIf-Modified-Since: " + DATE},
        {"200", "If-Match: " + tag},
        {"200", "If-Match: *"},
        {"412", "If-Match: \"x\""},
        {"412", "If-Match: W/" + tag},
        {"200", "If-Unmodified-Since: " + DATE},
        {"412", "If-Unmodified-Since: Sun, 06 Nov 1994 08:49:36 GMT"},
        {"206", "Range: bytes=1-2\r\nIf-Range: " + tag},
        {"206", "Range: bytes=1-2\r\nIf-Range: " + DATE},
        {"200", "Range: bytes=1-2\r\nIf-Range: W/" + tag},
        {"200", "Range: bytes=1-2\r\nIf-Range: Sun, 06 Nov 1994 08:49:38 GMT"},
      };
      for (String[] each : cases) {
        RawClient.Answer answer = get(server, "/small.txt", each[1]);
        assertThat(answer.status()).as(each[1]).isEqualTo(Integer.parseInt(each[0]));
        assertThat(field(answer, "ETag")).isEqualTo(tag);
      }
    }
  }

  @Test
  void shouldNotTrustADateThatMayBeOfTwoFiles() throws Exception {
    Files.writeString(root.resolve("new.txt"), "0123456789");
    try (HttpServer server = server(FileOptions.defaults())) {
      String date = field(get(server, "/new.txt"), "Last-Modified");
      String range = "Range: bytes=1-2\r\nIf-Range: " + date;
      assertThat(get(server, "/new.txt", range).status()).isEqualTo(200);
    }
  }

  @Test
  void shouldSayNothingOfRangesWhereItCompresses() throws Exception {
    write("long.txt", "long".repeat(1000));
    HttpOptions options = HttpOptions.defaults().compression(Compression.gzip());
    HttpHandler files = FileServer.below(root, FileOptions.defaults());
    try (HttpServer server = style.open(group.loop(0), options, files)) {
      RawClient.Answer packed = get(server, "/long.txt", "Accept-Encoding: gzip");
      assertThat(packed.hasField("Content-Encoding: gzip")).isTrue();
      assertThat(packed.head()).doesNotContain("Accept-Ranges").contains("\r\nETag: W/");
      assertThat(get(server, "/long.txt").hasField("Accept-Ranges: bytes")).isTrue();
    }
  }

  @Test
  void shouldSendRangesOfSmallAndLargeFiles() throws Exception {
    String text = new String(large, StandardCharsets.ISO_8859_1);
    try (HttpServer server = server(FileOptions.defaults())) {
      RawClient.Answer part = get(server, "/large.bin", "Range: bytes=1000000-1999999");
      assertThat(part.status()).isEqualTo(206);
      assertThat(part.body()).isEqualTo(text.substring(1_000_000, 2_000_000));
      assertThat(field(part, "Content-Range")).isEqualTo("bytes 1000000-1999999/" + LARGE_BYTES);
      assertThat(get(server, "/small.txt", "Range: bytes=-3").body()).isEqualTo("789");
      RawClient.Answer none = get(server, "/small.txt", "Range: bytes=10-");
      assertThat(none.status()).isEqualTo(416);
      assertThat(field(none, "Content-Range")).isEqualTo("bytes */10");
      RawClient.Answer several = get(server, "/small.txt", "Range: bytes=0-1,8-");
      String boundary = field(several, "Content-Type").replaceFirst(".*boundary=", "");
      String head = "--" + boundary + "\r\nContent-Type: text/plain; charset=utf-8\r\n";
      assertThat(several.body())
          .isEqualTo(
              head
                  + "Content-Range: bytes 0-1/10\r\n\r\n01\r\n"
                  + head
                  + "Content-Range: bytes 8-9/10\r\n\r\n89\r\n--"
                  + boundary
                  + "--\r\n");
      RawClient.Answer both = get(server, "/large.bin", "Range: bytes=0-99,2999900-");
      assertThat(both.body()).contains(text.substring(0, 100)).contains(text.substring(2_999_900));
      String many = "Range: bytes=0-0" + ",1-1".repeat(16);
      assertThat(get(server, "/small.txt", many).status()).isEqualTo(200);
    }
  }

  @Test
  void shouldNoticeThatAFileHasChanged() throws Exception {
    try (HttpServer server = server(FileOptions.defaults())) {
      String tag = field(get(server, "/small.txt"), "ETag");
      Files.writeString(root.resolve("small.txt"), "changed");
      RawClient.Answer answer = get(server, "/small.txt");
      while (field(answer, "ETag").equals(tag)) { // it is looked at once a second
        assertThat(answer.body()).isEqualTo("0123456789");
        answer = get(server, "/small.txt");
      }
      assertThat(answer.body()).isEqualTo("changed");
    }
  }

  @Test
  void shouldTellFilesApartWhoseTimesWereSetBack() throws Exception {
    try (HttpServer server = server(FileOptions.defaults().cacheBytes(0))) {
      String tag = field(get(server, "/small.txt"), "ETag");
      String next = tag;
      for (int i = 0; i < 1000 && next.equals(tag); i++) { // until the kernel's clock has ticked
        write("small.txt", "9876543210");
        next = field(get(server, "/small.txt"), "ETag");
      }
      assertThat(next).isNotEqualTo(tag);
    }
  }

  @Test
  void shouldKeepNothingThatMayStillChangeWithinATickOfTheClock() throws Exception {
    try (HttpServer server = server(FileOptions.defaults())) {
      boolean isDecided = false;
      for (int i = 0; i < 10 && !isDecided; i++) {
        long start = System.nanoTime();
        write("small.txt", "before" + i);
        assertThat(get(server, "/small.txt").body()).isEqualTo("before" + i);
        boolean isFresh = System.nanoTime() - start < 1_000_000_000L; // or it may be kept
        write("small.txt", "after!" + i);
        String body = get(server, "/small.txt").body();
        isDecided = isFresh;
        assertThat(body).isEqualTo(isFresh ? "after!" + i : body);
      }
    }
  }

  @Test
  void shouldSendWhatIsCompressedAlready() throws Exception {
    write("page.html", "plain");
    write("page.html.br", "brotli");
    write("page.html.gz", "gzip");
    try (HttpServer server = server(FileOptions.defaults())) {
      for (int i = 0; i < 2; i++) {
        RawClient.Answer best = get(server, "/page.html", "Accept-Encoding: gzip, br");
        assertThat(best.body()).isEqualTo("brotli");
        assertThat(best.hasField("Content-Encoding: br")).isTrue();
        assertThat(best.hasField("Vary: Accept-Encoding")).isTrue();
        assertThat(best.hasField("Content-Type: text/html; charset=utf-8")).isTrue();
        RawClient.Answer plain = get(server, "/page.html");
        assertThat(plain.body()).isEqualTo("plain");
        assertThat(plain.hasField("Vary: Accept-Encoding")).isTrue();
        assertThat(field(plain, "ETag")).isNotEqualTo(field(best, "ETag"));
        String weighted = "Accept-Encoding: br;q=0, gzip;q=0.5";
        assertThat(get(server, "/page.html", weighted).body()).isEqualTo("gzip");
      }
    }
  }

  @Test
  void shouldSendWhatIsCompressedToAllWhoAskAtOnce() throws Exception {
    int clients = 40;
    write("page.html", "plain");
    write("page.html.br", "brotli");
    try (HttpServer server = server(FileOptions.defaults())) {
      List<RawClient> asking = new ArrayList<>();
      try {
        for (int i = 0; i < clients; i++) {
          asking.add(new RawClient(server.address()));
        }
        for (RawClient client : asking) {
          client.send("GET /page.html HTTP/1.1\r\nHost: a\r\nAccept-Encoding: br\r\n\r\n");
        }
        for (RawClient client : asking) {
          assertThat(client.receive().body()).isEqualTo("brotli");
        }
      } finally {
        for (RawClient client : asking) {
          client.close();
        }
      }
    }
  }

  @Test
  void shouldSendTheIndexOrAListOfADirectory() throws Exception {
    write("with/index.html", "index");
    write("without/<b>&'\"%.txt", "strange");
    write("without/.secret", "hidden");
    Files.createDirectory(root.resolve("without/sub"));
    try (HttpServer server = server(FileOptions.defaults());
        HttpServer listing = server(FileOptions.defaults().listing(true))) {
      assertThat(get(server, "/with/").body()).isEqualTo("index");
      RawClient.Answer moved = get(server, "/with?q=1");
      assertThat(moved.status()).isEqualTo(301);
      assertThat(field(moved, "Location")).isEqualTo("/with/?q=1");
      assertThat(get(server, "/without/").status()).isEqualTo(404);
      RawClient.Answer list = get(listing, "/without/");
      assertThat(list.body())
          .contains("<a href=\"./sub/\">sub/</a>")
          .contains("<a href=\"./%3Cb%3E%26%27%22%25.txt\">&lt;b&gt;&amp;&#39;&quot;%.txt</a>")
          .doesNotContain("secret")
          .doesNotContain("<b>");
      assertThat(get(listing, "/without/%3Cb%3E%26%27%22%25.txt").body()).isEqualTo("strange");
      assertThat(get(listing, "/").body()).contains("./with/").contains("./large.bin");
      assertThat(get(listing, "/none/").status()).isEqualTo(404);
    }
  }

  @Test
  void shouldServeBelowARoute() throws Exception {
    HttpHandler files =
        FileServer.below(
            root, FileOptions.defaults().pathParameter("path").cacheControl("no-cache"));
    Router router = Router.create().get("/static/{path*}", files);
    try (HttpServer server = style.open(group.loop(0), HttpOptions.defaults(), router)) {
      RawClient.Answer answer = get(server, "/static/small.txt");
      assertThat(answer.body()).isEqualTo("0123456789");
      assertThat(answer.hasField("Cache-Control: no-cache")).isTrue();
      assertThat(get(server, "/static//small.txt").status()).isEqualTo(404);
      assertThat(get(server, "/small.txt").status()).isEqualTo(404);
    }
  }

  @Test
  void shouldBeWhatCurlExpects() throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/curl")));
    try (HttpServer server = server(FileOptions.defaults())) {
      Path got = top.resolve("got");
      Files.write(got, Arrays.copyOf(large, 1_234_567));
      assertThat(curl(server, "/large.bin", "-C", "-", "-o", got.toString())).isEmpty();
      assertThat(got).hasBinaryContent(large);
      assertThat(curl(server, "/small.txt", "-r", "2-4")).isEqualTo("234");
      assertThat(curl(server, "/small.txt", "-z", DATE, "-w", "%{http_code}")).isEqualTo("304");
      assertThat(curl(server, "/large.bin", "--limit-rate", "20M", "-o", got.toString())).isEmpty();
      assertThat(got).hasBinaryContent(large);
    }
  }

  private static String curl(HttpServer server, String path, String... options) throws Exception {
    List<String> command = new ArrayList<>(List.of("curl", "-sS", "--max-time", "20"));
    command.addAll(List.of(options));
    command.add("http://127.0.0.1:" + server.address().getPort() + path);
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
    return output;
  }
}
