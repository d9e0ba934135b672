import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetSocketAddress;
import java.util.List;
import org.junit.jupiter.api.Test;

class TargetTest {
  private final Target first = new Target(new InetSocketAddress("127.0.0.1", 1));
  private final Target second = new Target(new InetSocketAddress("127.0.0.1", 2));

  @Test
  void shouldChooseTheOneWithTheFewestConnectionsAndTakeTurnsAmongEquals() {
    List<Target> both = List.of(first, second);
    assertSame(first, Target.choose(both, 0));
    assertSame(second, Target.choose(both, 1));
    first.connections = 1;
    assertSame(second, Target.choose(both, 0));
  }

  @Test
  void shouldChooseNoneOfNone() {
    assertEquals(null, Target.choose(List.of(), 0));
  }

  @Test
  void shouldLeaveATargetThatIsDownAlone() {
    first.down(100);
    assertFalse(first.mayBeTried(99));
    assertTrue(first.mayBeTried(100));
    first.up();
    assertTrue(first.mayBeTried(0));
  }
}
