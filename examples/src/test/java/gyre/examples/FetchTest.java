package gyre.examples;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.Loop;
import gyre.http.HttpOptions;
import gyre.http.HttpServer;
import gyre.process.CommandResult;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The example {@code fetch}. */
@Timeout(120)
class FetchTest {
  private static final InetSocketAddress ANY_PORT =
      new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);

  private static String errors(CommandResult result) {
    return new String(result.stderr(), StandardCharsets.UTF_8);
  }

  @Test
  void shouldTryAgainUntilThereIsAnAnswer() {
    try (Loop loop = Loop.open()) {
      loop.run(() -> {
        int[] asked = {0};
        try (HttpServer server =
            HttpServer.serve(
                loop,
                ANY_PORT,
                HttpOptions.defaults(),
                (request, response) -> {
                  if (request.isPath("/moved")) {
                    response.status(302).header("Location", "/there").send();
                  } else if (++asked[0] < 3) {
                    response.status(503).send("not yet");
                  } else {
                    response.send("there it is\n");
                  }
                })) {
          String url = "http://127.0.0.1:" + server.address().getPort() + "/moved";
          CommandResult result = Program.of(Fetch.class, "auto", "30", url).run();
          assertThat(result.output()).isEqualTo("there it is\n");
          assertThat(errors(result)).startsWith("HTTP/1.1 200 from ").contains("/there in ");
          assertThat(result.exit().code()).isZero();
        }
      });
    }
  }

  @Test
  void shouldSayWhoCannotBeReached() {
    try (Loop loop = Loop.open()) {
      CommandResult result =
          loop.run(() -> Program.of(Fetch.class, "auto", "30", "http://127.0.0.1:1/").run());
      assertThat(result.exit().code()).isEqualTo(1);
      assertThat(errors(result)).contains("fetch: connect of GET http://127.0.0.1:1/");
    }
  }
}
