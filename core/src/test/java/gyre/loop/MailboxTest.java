package gyre.loop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.engine.Engine;
import gyre.engine.EngineOptions;
import gyre.engine.choice.Engines;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class MailboxTest {
  private final List<String> log = new ArrayList<>();
  private boolean isRefusing = true;

  /** During whose wait two others post; waking fails at first. */
  private void await(Mailbox mailbox) {
    assertThatThrownBy(() -> mailbox.post(() -> log.add("first"))).hasMessage("refused");
    isRefusing = false;
    mailbox.post(() -> log.add("second"));
    mailbox.post(() -> log.add("third"));
  }

  @Test
  @SuppressWarnings("NullAway") // null is what methods without a result answer
  void shouldWakeWithTheNextPostWhereOneCouldNot() {
    Mailbox[] mailbox = new Mailbox[1];
    try (Engine real = Engines.open("nio", EngineOptions.defaults()).engine()) {
      Engine engine =
          (Engine)
              Proxy.newProxyInstance(
                  Engine.class.getClassLoader(),
                  new Class<?>[] {Engine.class},
                  (proxy, method, arguments) -> {
                    switch (method.getName()) {
                      case "await" -> await(mailbox[0]);
                      case "wake" -> {
                        if (isRefusing) {
                          throw new IllegalStateException("refused");
                        }
                        log.add("woken");
                      }
                      default -> {
                        try {
                          return method.invoke(real, arguments);
                        } catch (InvocationTargetException e) {
                          throw e.getCause();
                        }
                      }
                    }
                    return null;
                  });
      mailbox[0] = new Mailbox("loop", 8, engine, () -> false);
      mailbox[0].sleep(Engine.FOREVER);
    }
    assertThat(log).containsExactly("woken");
    for (Runnable post = mailbox[0].nextPost(); post != null; post = mailbox[0].nextPost()) {
      post.run();
    }
    assertThat(log).containsExactly("woken", "first", "second", "third");
  }
}
