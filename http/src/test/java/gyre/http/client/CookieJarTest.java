package gyre.http.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.time.InstantSource;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a jar makes of cookies; {@link ClientAttackTest} has those that go to other hosts. */
class CookieJarTest {
  private static final InstantSource CLOCK = InstantSource.fixed(Instant.EPOCH);

  private final CookieJar jar = CookieJar.sharing(Set.of("example.org"));

  private void set(String url, String field) {
    jar.set(HttpUrl.parse(url), field, CLOCK);
  }

  private @Nullable String sent(String url) {
    return jar.header(HttpUrl.parse(url), CLOCK);
  }

  /** RFC 6265bis, 5.7: whoever stands between may answer everything that is asked without TLS. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          http://a.example.org/   | s=forged
          http://a.example.org/   | s=forged; Max-Age=0
          http://a.example.org/   | s=forged; Path=/login
          http://a.example.org/   | s=forged; Path=/login/form
          http://a.example.org/   | s=forged; Domain=example.org; Path=/login
          http://b.a.example.org/ | s=forged; Domain=a.example.org; Path=/login
          """)
  void shouldNotLetPlainHttpOverwriteOrHideASecureCookie(String url, String field) {
    set("https://a.example.org/", "s=true; Path=/login; Secure");
    set(url, field.contains("Path") ? field : field + "; Path=/login");
    assertThat(sent("https://a.example.org/login/form")).isEqualTo("s=true");
    assertThat(jar.size()).isEqualTo(1);
  }

  @Test
  void shouldLetPlainHttpSetWhatHidesNothing() {
    set("https://a.example.org/", "s=true; Path=/login; Secure");
    set("http://a.example.org/", "t=1; Path=/login");
    set("http://a.example.org/", "s=2; Path=/"); // stands behind the longer path
    set("http://b.example.org/", "s=3; Path=/login");
    assertThat(sent("https://a.example.org/login")).isEqualTo("s=true; t=1; s=2");
    assertThat(sent("http://a.example.org/login")).isEqualTo("t=1; s=2");
    assertThat(sent("http://b.example.org/login")).isEqualTo("s=3");
  }

  @Test
  void shouldLetTlsOverwriteASecureCookie() {
    set("https://a.example.org/", "s=1; Path=/; Secure");
    set("https://a.example.org/", "s=2; Path=/");
    assertThat(sent("http://a.example.org/")).isEqualTo("s=2");
  }
}
