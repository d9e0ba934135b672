package gyre;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.net.TcpListener;
import gyre.net.TcpStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is told of a loop in which much lives. */
@Tag("fiber-modes")
@Timeout(60)
class LoopTreeTest {
  private static List<LoopTree.Node> tree(int limit) {
    try (Loop loop = Loop.open()) {
      return loop.run(() -> {
        try (Scope many = Scope.open("many")) {
          for (int i = 0; i < 20; i++) {
            Timer ignored = loop.after(Duration.ofDays(1), () -> {});
          }
          TcpListener listener = TcpListener.bind("127.0.0.1", 0);
          TcpStream stream = TcpStream.connect(listener.address());
          Fiber<?> waits = many.start("waits", () -> stream.read(ByteBuffer.allocate(1)));
          while (!waits.isParked()) {
            Fiber.yield();
          }
          List<LoopTree.Node> nodes = LoopTree.of(loop, limit, 0);
          return nodes;
        }
      });
    }
  }

  private static String waitsFor(List<LoopTree.Node> nodes) {
    return nodes.stream()
        .filter(node -> node.name().equals("waits"))
        .map(LoopTree.Node::waitsFor)
        .findFirst()
        .orElse("");
  }

  @Test
  void shouldTellWhereAFiberWaits() {
    assertThat(waitsFor(tree(1000))).contains("read");
  }

  @Test
  void shouldTellNoMoreLinesThanAreWanted() {
    assertThat(tree(8)).hasSizeLessThanOrEqualTo(8);
  }
}
