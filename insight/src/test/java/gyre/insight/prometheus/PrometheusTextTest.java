package gyre.insight.prometheus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.Loop;
import gyre.process.Command;
import gyre.process.CommandResult;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

class PrometheusTextTest {
  private static PrometheusText sample() {
    PrometheusText text = PrometheusText.create();
    text.counter("shop_orders_total", "Orders\ntaken, \\ and \"paid\".")
        .sample(17, "country", "de")
        .sample(1L << 52, "country", "a\"b\\c\nd {},=\u00e9\uD83D\uDE00");
    text.gauge("shop_open_carts", "Carts that are not paid.")
        .sample(3.25)
        .sample(Double.NaN, "a", "1", "b", "2")
        .sample(Double.NEGATIVE_INFINITY, "a", "");
    text.histogram("shop_answer_seconds", "Time to answer.", 0.001, 0.5, 1)
        .sample(new long[] {1, 2, 0, 4}, 12.5, "path", "/");
    return text;
  }

  @Test
  void shouldWriteFamiliesWithTheirSamples() {
    assertThat(sample().toString())
        .isEqualTo(
            """
            # HELP shop_orders_total Orders\\ntaken, \\\\ and "paid".
            # TYPE shop_orders_total counter
            shop_orders_total{country="de"} 17
            shop_orders_total{country="a\\"b\\\\c\\nd {},=\u00e9\uD83D\uDE00"} 4503599627370496
            # HELP shop_open_carts Carts that are not paid.
            # TYPE shop_open_carts gauge
            shop_open_carts 3.25
            shop_open_carts{a="1",b="2"} NaN
            shop_open_carts{a=""} -Inf
            # HELP shop_answer_seconds Time to answer.
            # TYPE shop_answer_seconds histogram
            shop_answer_seconds_bucket{path="/",le="0.001"} 1
            shop_answer_seconds_bucket{path="/",le="0.5"} 3
            shop_answer_seconds_bucket{path="/",le="1"} 3
            shop_answer_seconds_bucket{path="/",le="+Inf"} 7
            shop_answer_seconds_sum{path="/"} 12.5
            shop_answer_seconds_count{path="/"} 7
            """);
  }

  @Test
  void shouldReplaceWhatIsNoText() {
    PrometheusText text = PrometheusText.create();
    text.gauge("a", "b").sample(1, "l", "x\uD83Dy", "m", "\uDE00");
    assertThat(text.toString()).contains("l=\"x\uFFFDy\",m=\"\uFFFD\"");
  }

  @Test
  void shouldRefuseWhatPrometheusWould() {
    PrometheusText text = PrometheusText.create();
    text.gauge("known", "x");
    assertThatThrownBy(() -> text.gauge("known", "x")).hasMessageContaining("there already");
    assertThatThrownBy(() -> text.counter("orders", "x")).hasMessageContaining("_total");
    assertThatThrownBy(() -> text.gauge("orders_total", "x")).hasMessageContaining("_total");
    assertThatThrownBy(() -> text.gauge("no name", "x")).hasMessageContaining("no name");
    assertThatThrownBy(() -> text.gauge("a", "x").sample(1, "b c", "d"))
        .hasMessageContaining("label");
    assertThatThrownBy(() -> text.gauge("b", "x").sample(1, "c")).hasMessageContaining("in turn");
    assertThatThrownBy(() -> text.histogram("h", "x", 1, 1)).hasMessageContaining("grow");
    assertThatThrownBy(() -> text.histogram("i", "x", 1).sample(new long[1], 0))
        .hasMessageContaining("2 buckets");
  }

  @Test
  void shouldBeRightInTheEyesOfPromtool() {
    Path program = Path.of("/usr/bin/promtool");
    if (!Files.isExecutable(program)) {
      assertThat(System.getenv("GYRE_JUDGES")).as("%s is missing", program).isNull();
      System.out.println("SKIPPED: promtool is not installed (package prometheus)");
      Assumptions.abort("promtool is not installed");
    }
    CommandResult result;
    try (Loop loop = Loop.open()) {
      result =
          loop.run(() ->
              Command.of(program.toString(), "check", "metrics")
                  .timeout(Duration.ofSeconds(30))
                  .transform(sample().toString().getBytes(StandardCharsets.UTF_8)));
    }
    assertThat(result.output() + new String(result.stderr(), StandardCharsets.UTF_8)).isEmpty();
    assertThat(result.exit().code()).isZero();
  }
}
