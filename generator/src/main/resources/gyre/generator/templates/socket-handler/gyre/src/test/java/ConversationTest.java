import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ConversationTest {
  private final Conversation conversation = new Conversation();

  @Test
  void shouldGoThroughItsStates() {
    assertEquals("welcome", conversation.on("hello me"));
    assertEquals(Conversation.State.READY, conversation.state());
    assertEquals("pong 7", conversation.on("ping 7"));
    assertEquals("bye", conversation.on("bye"));
    assertEquals(Conversation.State.ENDED, conversation.state());
    assertThrows(IllegalStateException.class, () -> conversation.on("ping 8"));
  }

  @Test
  void shouldEndWhenSomethingElseIsSaid() {
    assertEquals("error expected hello", conversation.on("ping 1"));
    assertEquals(Conversation.State.ENDED, conversation.state());
  }

  @Test
  void shouldPauseLongerEachTimeUpToALimit() {
    Pauses pauses = new Pauses(Duration.ofSeconds(2), new Random(1));
    for (long most = 100; most < 10_000; most *= 2) {
      long millis = pauses.next().toMillis();
      long limit = Math.min(2_000, most);
      assertTrue(millis >= limit / 2 && millis <= limit, millis + " of " + limit);
    }
    pauses.reset();
    assertTrue(pauses.next().toMillis() <= 100);
  }
}
