package gyre.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.Scope;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;

/** Streams for libraries of the JDK's world. */
abstract class JdkConformance extends PassingOnConformance {
  // ---- libraries of the JDK's world

  @Test
  void shouldServeLibrariesOfTheJdk() {
    with((near, far) -> {
      String text = "a line\n".repeat(50_000);
      try (Scope scope = Scope.open("writer")) {
        scope.start(() -> {
          try (OutputStream out = new GZIPOutputStream(near.asOutputStream())) {
            out.write(bytes(text));
          }
        });
        try (InputStream in = new GZIPInputStream(far.asInputStream())) {
          assertThat(new String(in.readAllBytes(), StandardCharsets.UTF_8)).isEqualTo(text);
        }
        scope.join();
      }
      assertThat(far.await(1)).isFalse(); // closing the output has told the end
      far.asOutputStream().write('!');
      assertThat(near.asInputStream().read()).isEqualTo('!');
    });
  }

  @Test
  void shouldTellAJdkReaderWhatIsThere() {
    with((near, far) -> {
      near.write("two\nlines\n");
      near.shutdownOutput();
      InputStream in = far.asInputStream();
      assertThat(in.available()).isZero();
      assertThat(in.read(new byte[1], 0, 0)).isZero();
      assertThat(in.read()).isEqualTo('t');
      assertThat(in.available()).isPositive();
      BufferedReader reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
      assertThat(reader.readLine()).isEqualTo("wo");
      assertThat(reader.readLine()).isEqualTo("lines");
      assertThat(reader.readLine()).isNull();
      reader.close();
      assertThat(far.isOpen()).isTrue();
      assertThatThrownBy(in::read).isInstanceOf(IOException.class).hasMessage("Stream closed");
    });
  }

  @Test
  void shouldTellAJdkReaderOfATimeoutAndGoOn() {
    with(
        DEFAULTS.readTimeout(Duration.ofMillis(5)),
        (near, far) -> {
          InputStream in = far.asInputStream();
          assertThatThrownBy(in::read)
              .isInstanceOf(SocketTimeoutException.class)
              .hasCauseInstanceOf(IoException.class);
          near.write("x");
          near.flush();
          assertThat(readOn(in)).isEqualTo('x');
        });
  }

  /** As one who is told each few milliseconds that nothing has come yet. */
  private static int readOn(InputStream in) throws IOException {
    while (true) {
      try {
        return in.read();
      } catch (SocketTimeoutException e) {
        assertThat(e).hasCauseInstanceOf(IoException.class);
      }
    }
  }

  @Test
  void shouldTellJdkCodeOfFailuresAsAnIoException() {
    with((near, far) -> {
      InputStream in = far.asInputStream();
      OutputStream out = near.asOutputStream();
      near.close();
      assertThatThrownBy(() -> out.write(1)).isInstanceOf(IOException.class);
      assertThatThrownBy(out::flush).isInstanceOf(IOException.class);
      assertThatThrownBy(out::close).isInstanceOf(IOException.class);
      assertThatThrownBy(() -> out.write(1)).hasMessage("Stream closed");
      out.close();
      assertThat(in.read()).isEqualTo(-1);
      far.close();
      assertThatThrownBy(in::read).isInstanceOf(IOException.class);
    });
  }

  @Test
  void shouldNotHideACancellationFromTheFiberThatJdkCodeRunsIn() {
    with((near, far) -> assertLate(() -> assertThat(far.asInputStream().read()).isZero()));
  }
}
