package gyre.net;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;

/** Whatever a name server sends, or who pretends to be one: a message, or a documented failure. */
class DnsMessageFuzzTest {
  @FuzzTest(maxDuration = "1m")
  void shouldReadAnyBytesOrSayWhatIsWrong(FuzzedDataProvider data) {
    byte[] bytes = data.consumeRemainingAsBytes();
    try {
      DnsMessage message = DnsMessage.parse(bytes);
      assertThat(message.question().length()).isLessThanOrEqualTo(255);
      assertThat(message.records().size()).isLessThanOrEqualTo(256);
    } catch (DnsFormatException e) {
      assertThat(e).hasMessageStartingWith("byte ");
    }
  }
}
