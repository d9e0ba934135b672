package gyre.insight.text;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class WideIntegerTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "9223372036854775808",
        "-9223372036854775809",
        "+99999999999999999999",
        "1_000_000_000_000_000_000_000",
        "0x8000000000000000",
        "0xFFFF_FFFF_FFFF_FFFF_F",
        "0o1000000000000000000000",
        "0b10000000000000000000000000000000000000000000000000000000000000000",
        "[1, 2,\n9223372036854775808]",
        "{ 1 = 2, a = 9223372036854775808 }",
        "\"\"\"\\\n\"\"\"\nb.key=9223372036854775808",
        "\"\\\"\" # x\na.key=9223372036854775808",
      })
  void shouldFindWhatHasMoreThan64Bits(String value) {
    String text = "# 99999999999999999999\n[pool.\"web\"]\n'size' = " + value + "\nb = 1";
    WideInteger found = WideInteger.find(text).orElseThrow();
    assertThat(found.line()).isEqualTo(3 + value.chars().filter(c -> c == '\n').count());
    assertThat(found.key())
        .isEqualTo(
            value.contains(".key=")
                ? "pool.web." + value.substring(value.lastIndexOf('\n') + 1, value.indexOf('='))
                : "pool.web.size");
    assertThat(value).contains(found.digits().replace("...", ""));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "9223372036854775807",
        "-9223372036854775808",
        "0x7FFFFFFFFFFFFFFF",
        "0x00000000000000000000000000000000000000000000000000000000000000000000001",
        "99999999999999999999.5",
        "1e99",
        "99999999999999999999e2",
        "2026-11-30T10:00:00.999999999999999999999",
        "\"99999999999999999999\"",
        "'99999999999999999999'",
        "\"\"\"\n99999999999999999999 \\\"\"\"99999999999999999999\"\"\"",
        "'''\n99999999999999999999\n'''",
        "1 # 99999999999999999999",
        "{ 99999999999999999999 = 1, 99999999999999999999 . b = 1 }",
        "1\n99999999999999999999 = 1\n99999999999999999999.b = 1\n[x.99999999999999999999]",
        "\"99999999999999999999",
        "",
      })
  void shouldLeaveEverythingElseToTheParser(String value) {
    assertThat(WideInteger.find("a = " + value)).isEmpty();
    assertThat(WideInteger.find("a = " + value + "\nb = 1\n")).isEmpty();
  }

  @Test
  void shouldShowTheBeginningOfManyDigits() {
    WideInteger found = WideInteger.find("a = " + "9".repeat(100_000)).orElseThrow();
    assertThat(found.problem())
        .isEqualTo(
            "a "
                + "9".repeat(40)
                + "... is too large for a whole number: must be from -9223372036854775808 to"
                + " 9223372036854775807");
  }
}
