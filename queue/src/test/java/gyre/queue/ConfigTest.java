package gyre.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConfigTest {
  @TempDir Path directory;

  private QueueConfig read(String text) throws IOException {
    Path file = Files.writeString(directory.resolve("queue.toml"), text);
    return ConfigReader.read(file, ConfigTest.class.getClassLoader());
  }

  @Test
  void shouldReadAllOfIt() throws IOException {
    QueueConfig config =
        read(
            """
            [queue]
            batch = 32
            backoff_seconds = 0.5

            [handlers.mail]
            kind = "command"
            command = ["cat", "-"]
            concurrency = 2
            rate = 10
            timeout_seconds = 1.5
            retries = 7
            environment = { A = "b" }

            [handlers.hook]
            kind = "http"
            url = "http://127.0.0.1:1/x"

            [recurring.report]
            cron = "0 3 * * *"
            zone = "Europe/Berlin"
            operation = "mail"
            payload = { to = "ada" }
            """);
    assertThat(config.batch()).isEqualTo(32);
    Kind mail = config.kind("mail").orElseThrow();
    assertThat(mail.concurrency()).isEqualTo(2);
    assertThat(mail.timeout()).isEqualTo(Duration.ofMillis(1500));
    assertThat(mail.retry().retries()).isEqualTo(7);
    assertThat(mail.retry().firstPause()).isEqualTo(Duration.ofMillis(500));
    assertThat(config.kind("hook").orElseThrow().way()).isInstanceOf(Kind.Http.class);
    assertThat(config.kind("sql")).isPresent();
    assertThat(config.kind("other")).isEmpty();
    assertThat(config.recurring()).hasSize(1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "[queue]#batch = 0                          | :2: queue.batch 0 is not a whole number from 1",
        "[queue]##batc = 5                          | :3: queue.batc is not known; known are: backoff",
        "[queu]                                     | :1: queu is not known",
        "[handlers.a]#kind = \"shell\"              | :2: handlers.a.kind \"shell\" is none of",
        "[handlers.a]#rate = 1                      | :1: handlers.a.kind is missing",
        "[handlers.a]#kind=\"command\"#command = [] | :3: handlers.a.command must be a list",
        "[handlers.a]#kind=\"http\"#url = \"ftp://x\" | :3: handlers.a.url",
        "[handlers.a]#kind=\"java\"#class = \"no.Such\" | :3: handlers.a.class no.Such is not on the class path",
        "[handlers.a]#kind=\"java\"#class = \"java.lang.String\" | is no gyre.queue.QueueHandler",
        "[recurring.r]#cron = \"61 * * * *\"#sql=\"x\" | :2: recurring.r.cron minute \"61\"",
        "[recurring.r]#zone = \"Mars/X\"#cron=\"* * * * *\"#sql=\"x\" | :2: recurring.r.zone",
        "[queue]#batch = 4294967297                 | :2: queue.batch 4294967297 is not a whole number from 1 to 10000",
        "[queue]#batch = 18446744073709551617       | :2: queue.batch 18446744073709551617 is too large for a whole number: must be from -9223372036854775808 to 9223372036854775807",
        "[recurring.r]#params = [1, 18446744073709551617] | :2: recurring.r.params 18446744073709551617 is too large",
        "[queue                                     | queue.toml",
      })
  void shouldNameLineAndKeyOfWhatIsWrong(String text, String message) {
    assertThatThrownBy(() -> read(text.replace('#', '\n')))
        .isInstanceOf(QueueException.class)
        .hasMessageContaining(message);
  }
}
