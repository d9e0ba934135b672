package gyre.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.reflect.Proxy;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whose word counts, and what of it: with what hostile clients send. */
class ForwardedTrustTest {
  private static final String[] PROXIES = {"10.0.0.0/8", "2001:db8:1::/48"};
  private static final InetSocketAddress NEAREST =
      new InetSocketAddress(InetAddress.ofLiteral("10.0.0.1"), 4711);
  private static final InetSocketAddress STRANGER =
      new InetSocketAddress(InetAddress.ofLiteral("198.51.100.7"), 4711);

  /** {@code \n} is where the next line begins. */
  private static Request request(String field, String lines) {
    return request(List.of(field), List.of(lines));
  }

  private static Request request(List<String> fields, List<String> lines) {
    return (Request)
        Proxy.newProxyInstance(
            Request.class.getClassLoader(),
            new Class<?>[] {Request.class},
            (self, method, arguments) -> {
              assertThat(method.getName()).isEqualTo("headers");
              int known = fields.indexOf((String) arguments[0]);
              return known < 0
                  ? List.of()
                  : Arrays.stream(lines.get(known).split("\\\\n", -1)).map(String::strip).toList();
            });
  }

  private static String told(@Nullable Forwarding said) {
    if (said == null) {
      return "nothing";
    }
    InetSocketAddress client = said.client();
    return (client == null
            ? "unknown"
            : client.getAddress().getHostAddress()
                + (client.getPort() == 0 ? "" : " port " + client.getPort()))
        + (said.scheme() == null ? "" : " " + said.scheme())
        + (said.host() == null ? "" : " " + said.host());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      textBlock =
          """
          for=203.0.113.9                                     | 203.0.113.9
          For="203.0.113.9:80";Proto=HTTPS;Host="a.example:8" | 203.0.113.9 port 80 https a.example:8
          for="[2001:db8::1]"                                 | 2001:db8:0:0:0:0:0:1
          for="[2001:db8::1]:47011"                           | 2001:db8:0:0:0:0:0:1 port 47011
          for="[::ffff:203.0.113.9]"                          | 203.0.113.9
          for=unknown;proto=https                             | unknown https
          for=_hidden;by=_me                                  | unknown
          for="203.0.113.9:_port"                             | 203.0.113.9
          proto=https                                         | unknown https
          for=203.0.113.9;secret="a,b;c=\\"d\\"";proto=http   | 203.0.113.9 http
          ,, for=203.0.113.9 , ,                              | 203.0.113.9
          for=203.0.113.9;;proto=http;                        | 203.0.113.9 http
          for=203.0.113.9;proto=wss                           | 203.0.113.9 https
          for=1.1.1.1, for=203.0.113.9                        | 203.0.113.9
          for=1.1.1.1 \\n for=203.0.113.9                     | 203.0.113.9
          for=10.0.0.5, for=203.0.113.9                       | 203.0.113.9
          for=1.1.1.1;proto=https, for=203.0.113.9            | 203.0.113.9
          for=1.1.1.1;host=evil, for=203.0.113.9;proto=http   | 203.0.113.9 http
          for=203.0.113.9;proto=https;host=a, for=10.0.0.2;proto=http;host=b | 203.0.113.9 https a
          for=203.0.113.9, for=10.0.0.2;proto=http;host=b     | 203.0.113.9 http b
          for=203.0.113.9, for="[2001:db8:1::5]"              | 203.0.113.9
          for=1.1.1.1, for="[2001:db8:2::5]"                  | 2001:db8:2:0:0:0:0:5
          for=1.1.1.1, for=unknown                            | unknown
          for=10.0.0.3, for=10.0.0.2                          | 10.0.0.3
          """)
  void shouldBelieveAsFarAsWritersAreTrusted(String lines, String expected) throws Exception {
    ForwardedTrust trust = ForwardedTrust.standard(PROXIES);
    assertThat(told(trust.read(request("Forwarded", lines), NEAREST))).isEqualTo(expected);
    assertThat(trust.read(request("Forwarded", lines), STRANGER)).isNull();
    assertThat(trust.read(request("Forwarded", lines), null)).isNull();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      textBlock =
          """
          for=1.1.1.1:80
          for=[::1]
          for="::1"
          for="[fe80::1%lo]"
          for="[1.2.3.4]"
          for="[::1]x"
          for="[::1"
          for="[::1]:"
          for=1.2.3
          for=1.2.3.04
          for=1.2.3.256
          for=16909060
          for="1.2.3.4:65536"
          for="1.2.3.4:-1"
          for="1.2.3.4:123456"
          for=evil.example
          for=_
          for=
          for="
          for="1.2.3.4
          for = 1.2.3.4
          for="1.2.3.4"x
          for=1.2.3.4;for=5.6.7.8
          for=1.2.3.4;For=5.6.7.8
          for=1.2.3.4 proto=http
          for
          =1.2.3.4
          proto=ftp;for=1.2.3.4
          host="a b";for=1.2.3.4
          host="a/b";for=1.2.3.4
          host="a@b";for=1.2.3.4
          host="";for=1.2.3.4
          for=evil;x=", for=203.0.113.9
          for=1.1.1.1;x=" \\n for=203.0.113.9
          """)
  void shouldRefuseWhatIsMalformed(String lines) throws Exception {
    ForwardedTrust trust = ForwardedTrust.standard(PROXIES);
    assertThatThrownBy(() -> trust.read(request("Forwarded", lines), NEAREST))
        .isInstanceOf(Forwarding.MalformedException.class);
    assertThat(trust.read(request("Forwarded", lines), STRANGER)).isNull();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      textBlock =
          """
          203.0.113.9                       |            |      | 203.0.113.9
          203.0.113.9:80                    |            |      | 203.0.113.9 port 80
          2001:db8::1                       | https      |      | 2001:db8:0:0:0:0:0:1 https
          [2001:db8::1]:80                  | https      |      | 2001:db8:0:0:0:0:0:1 port 80 https
          unknown                           | https      |      | unknown https
          1.1.1.1, 203.0.113.9              | http       |      | 203.0.113.9 http
          <script>, 203.0.113.9             |            |      | 203.0.113.9
          10.0.0.9 \\n 203.0.113.9          |            |      | 203.0.113.9
          203.0.113.9, 10.0.0.2             | https      |      | 203.0.113.9 https
          203.0.113.9, 10.0.0.2             | https,http |      | 203.0.113.9 https
          1.1.1.1, 203.0.113.9, 10.0.0.2    | http,https,http | | 203.0.113.9 https
          203.0.113.9                       | https,http |      | 203.0.113.9 http
          1.1.1.1, 203.0.113.9              | https      | evil | 203.0.113.9 https evil
          1.1.1.1, 203.0.113.9              |            | evil, a.example | 203.0.113.9 a.example
          ''                                | https      |      | 10.0.0.1 port 4711 https
          """)
  void shouldReadTheOlderFieldsToo(
      @Nullable String names, @Nullable String schemes, @Nullable String hosts, String expected)
      throws Exception {
    Request request =
        request(
            List.of("X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "Forwarded"),
            List.of(
                names == null || names.equals("''") ? "" : names,
                schemes == null ? "" : schemes,
                hosts == null ? "" : hosts,
                "for=6.6.6.6;proto=http;host=evil"));
    ForwardedTrust trust = ForwardedTrust.xForwarded(PROXIES);
    assertThat(told(trust.scheme(true).host(true).read(request, NEAREST))).isEqualTo(expected);
    assertThat(told(trust.scheme(true).read(request, NEAREST)))
        .isEqualTo(expected.replaceFirst(" (evil|a\\.example)$", ""));
    assertThat(trust.read(request, STRANGER)).isNull();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      textBlock =
          """
          X-Forwarded-For   | 203.0.113.9, <script>
          X-Forwarded-For   | 1.2.3.4:x
          X-Forwarded-For   | [::1
          X-Forwarded-For   | ::1%lo
          X-Forwarded-For   | 1.2
          X-Forwarded-Proto | gopher
          X-Forwarded-Host  | a b
          X-Forwarded-Host  | a/../b
          """)
  void shouldRefuseOlderFieldsThatAreMalformed(String field, String value) {
    assertThatThrownBy(() ->
            ForwardedTrust.xForwarded(PROXIES)
                .scheme(true)
                .host(true)
                .read(request(field, value), NEAREST))
        .isInstanceOf(Forwarding.MalformedException.class);
  }

  /** Many proxies write the client's address alone, and let the rest pass. */
  @Test
  void shouldBelieveNothingButTheClientUnlessMoreIsSaid() throws Exception {
    Request request =
        request(
            List.of("X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host"),
            List.of("203.0.113.9", "https", "evil"));
    assertThat(told(ForwardedTrust.xForwarded(PROXIES).read(request, NEAREST)))
        .isEqualTo("203.0.113.9");
  }

  @Test
  void shouldLeaveSchemeAndHostOfTheStandardByOption() throws Exception {
    ForwardedTrust trust = ForwardedTrust.standard(PROXIES);
    Request request = request("Forwarded", "for=203.0.113.9;proto=https;host=a.example");
    assertThat(told(trust.read(request, NEAREST))).contains("https", "a.example");
    assertThat(told(trust.scheme(false).read(request, NEAREST))).doesNotContain("https");
    assertThat(told(trust.host(false).read(request, NEAREST))).doesNotContain("a.example");
  }

  @Test
  void shouldBoundHowManyProxiesThereAre() throws Exception {
    String most = "10.0.0.2, ".repeat(63) + "10.0.0.3";
    ForwardedTrust others = ForwardedTrust.xForwarded(PROXIES);
    assertThat(others.read(request("X-Forwarded-For", most), NEAREST)).isNotNull();
    assertThatThrownBy(() -> others.read(request("X-Forwarded-For", most + ", 1.1.1.1"), NEAREST))
        .hasMessageContaining("64");
    ForwardedTrust standard = ForwardedTrust.standard(PROXIES);
    String elements = most.replace("10.", "for=10.");
    assertThat(standard.read(request("Forwarded", elements), NEAREST)).isNotNull();
    assertThatThrownBy(() -> standard.read(request("Forwarded", elements + ",for=_a"), NEAREST))
        .hasMessageContaining("64");
  }

  @Test
  void shouldRefuseToTrustNobody() {
    assertThatThrownBy(ForwardedTrust::standard).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> ForwardedTrust.xForwarded("10/8"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  /**
   * Whatever a client sends in front, the proxy's own line is what counts, or the request fails.
   */
  @Test
  void shouldNeverBelieveWhatAClientHasSent() throws Exception {
    long seed = 20261129;
    Random random = new Random(seed);
    String letters = "for=\"\\,;:[]1._ proto=https;host=evil";
    ForwardedTrust trust = ForwardedTrust.standard(PROXIES);
    List<String> believed = new ArrayList<>();
    int refused = 0;
    for (int i = 0; i < 20_000; i++) {
      StringBuilder sent = new StringBuilder();
      int length = random.nextInt(40);
      for (int k = 0; k < length; k++) {
        sent.append(letters.charAt(random.nextInt(letters.length())));
      }
      String separator = random.nextBoolean() ? " \\n " : ", ";
      String line = sent + separator + "for=203.0.113.9;proto=http;host=\"a.example\"";
      try {
        String told = told(trust.read(request("Forwarded", line), NEAREST));
        if (!told.equals("203.0.113.9 http a.example")) {
          believed.add(line + " -> " + told);
        }
      } catch (Forwarding.MalformedException e) {
        refused++;
      }
    }
    assertThat(believed).as("seed %s", seed).isEmpty();
    assertThat(refused).isLessThan(20_000);
  }
}
