package gyre.insight.text;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class PluralTest {
  @Test
  void shouldSpeakOfOneAndOfMany() {
    assertThat(Plural.of(0, "entry waits", "entries wait")).isEqualTo("0 entries wait");
    assertThat(Plural.of(1, "entry waits", "entries wait")).isEqualTo("1 entry waits");
    assertThat(Plural.of(2, "entry waits", "entries wait")).isEqualTo("2 entries wait");
    assertThat(Plural.of(1, "loop")).isEqualTo("1 loop");
    assertThat(Plural.of(-1, "loop")).isEqualTo("-1 loops");
  }
}
