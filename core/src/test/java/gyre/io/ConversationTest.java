package gyre.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.DeadlineExceededException;
import gyre.Fiber;
import gyre.HandleInfo;
import gyre.Loop;
import gyre.Loops;
import gyre.io.Conversation.Stage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Tag("fiber-modes")
@Timeout(value = 30, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ConversationTest {
  private static final int SEEDS = 50;
  private static final int STEPS = 40;

  /** A connection that knows how it ended. */
  private static final class Wire {
    int closes;
    boolean failed;

    void close(boolean isFailed) {
      closes++;
      failed = isFailed;
    }
  }

  /** A small protocol: log in, then mail, then out; a mail begins and is sent or dropped. */
  private abstract static sealed class Mail extends Stage<Wire> {
    Mail(Conversation<Wire> it, Duration limit) {
      super(it, limit);
    }

    Object failing(RuntimeException failure) {
      return step(() -> {
        throw failure;
      });
    }

    Wire wire() {
      return connection();
    }

    static final class Greeting extends Mail {
      Greeting(Conversation<Wire> it) {
        super(it, Duration.ofMinutes(1));
      }

      Ready login(String password) {
        return step(() -> {
          Fiber.yield();
          if (!password.equals("right")) {
            throw new RefusedException("wrong password");
          }
          return new Ready(conversation());
        });
      }
    }

    static final class Ready extends Mail {
      Ready(Conversation<Wire> it) {
        super(it, Duration.ZERO);
      }

      Open begin() {
        return step(() -> new Open(conversation()));
      }
    }

    static final class Open extends Mail {
      Open(Conversation<Wire> it) {
        super(it, Duration.ofMinutes(1));
      }

      int line() {
        return step(() -> 1); // stays
      }

      Ready send() {
        return step(() -> new Ready(conversation()));
      }
    }
  }

  private static Mail.Greeting begin(Wire wire) {
    return Conversation.begin("mail", wire, Wire::close, Mail.Greeting::new);
  }

  private interface Body {
    void run(Wire wire, Mail.Greeting first) throws Exception;
  }

  private static void with(Body body) {
    Loops.run(
        "nio",
        () -> {
          Wire wire = new Wire();
          body.run(wire, begin(wire));
        });
  }

  @Test
  void shouldGoFromStateToState() {
    with((wire, greeting) -> {
      Mail.Open open = greeting.login("right").begin();
      assertThat(open.line()).isEqualTo(1);
      open.send().begin().close();
      assertThat(wire.closes).isEqualTo(1);
      assertThat(wire.failed).isFalse();
    });
  }

  @Test
  void shouldThrowWhenAStateIsUsedThatWasLeft() {
    with((wire, greeting) -> {
      Mail.Ready ready = greeting.login("right");
      assertThatThrownBy(() -> greeting.login("right"))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("Greeting of mail")
          .hasMessageContaining("the state is Ready");
      assertThatThrownBy(greeting::wire).isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(greeting::release).isInstanceOf(IllegalStateException.class);
      ready.begin();
      assertThat(wire.closes).isZero();
    });
  }

  @Test
  void shouldStayWhereItIsRefused() {
    with((wire, greeting) -> {
      assertThatThrownBy(() -> greeting.login("wrong")).isInstanceOf(RefusedException.class);
      assertThat(greeting.login("right").wire()).isSameAs(wire);
    });
  }

  @Test
  void shouldCloseTheConnectionAfterAFailure() {
    with((wire, greeting) -> {
      assertThatThrownBy(() -> greeting.failing(new IllegalArgumentException("broken")))
          .hasMessage("broken");
      assertThat(wire.closes).isEqualTo(1);
      assertThat(wire.failed).isTrue();
      assertThatThrownBy(() -> greeting.login("right"))
          .hasMessageContaining("failed, and its connection is closed");
    });
  }

  @Test
  void shouldGiveTheConnectionBack() {
    with((wire, greeting) -> {
      assertThatThrownBy(() -> greeting.login("wrong")).isInstanceOf(RefusedException.class);
      assertThat(greeting.release()).isSameAs(wire);
      assertThat(wire.closes).isZero();
      assertThatThrownBy(() -> greeting.login("right")).hasMessageContaining("given");
    });
  }

  @Test
  void shouldListTheState() {
    with((wire, greeting) -> {
      greeting.login("right");
      assertThat(Loop.current().handles()).extracting(HandleInfo::name).contains("mail (in Ready)");
    });
  }

  @Test
  void shouldCloseTheConnectionWhenAStateTakesTooLong() {
    Wire wire = new Wire();
    Loops.run(
        "nio",
        () -> {
          Idle idle = Conversation.begin("idle", wire, Wire::close, Idle::new);
          while (wire.closes == 0) {
            Fiber.sleep(Duration.ofMillis(1));
          }
          assertThatThrownBy(idle::stepThatTakesLong).isInstanceOf(IllegalStateException.class);
        });
    assertThat(wire.failed).isTrue();
    assertThat(wire.closes).isEqualTo(1);
  }

  @Test
  void shouldEndAStepThatTakesTooLong() {
    Wire wire = new Wire();
    Loops.run(
        "nio",
        () -> {
          Idle idle = Conversation.begin("idle", wire, Wire::close, Idle::new);
          assertThatThrownBy(idle::stepThatTakesLong).isInstanceOf(DeadlineExceededException.class);
        });
    assertThat(wire.failed).isTrue();
    assertThat(wire.closes).isEqualTo(1);
  }

  private static final class Idle extends Stage<Wire> {
    Idle(Conversation<Wire> it) {
      super(it, Duration.ofMillis(5));
    }

    boolean stepThatTakesLong() {
      return step(() -> {
        Fiber.sleep(Duration.ofHours(1));
        return true;
      });
    }
  }

  /** Random calls on all states there ever were, against a model that knows what is legal. */
  @Test
  void shouldAllowWhatAModelAllows() {
    for (int seed = 0; seed < SEEDS; seed++) {
      Random random = new Random(seed);
      int number = seed;
      with((wire, greeting) -> new Model(number, wire, greeting).run(random));
    }
  }

  private static final class Model {
    private final int seed;
    private final Wire wire;
    private final List<Mail> all = new ArrayList<>();
    private Mail current;
    private boolean isOver;
    private boolean isClosed;

    Model(int seed, Wire wire, Mail first) {
      this.seed = seed;
      this.wire = wire;
      this.current = first;
      all.add(first);
    }

    void run(Random random) {
      for (int i = 0; i < STEPS; i++) {
        Mail target = all.get(random.nextInt(all.size()));
        int kind = random.nextInt(20);
        boolean isLegal = !isOver && target == current;
        if (isLegal) {
          step(target, kind, random);
        } else {
          assertThatThrownBy(() -> step(target, kind, random))
              .as("seed %s", seed)
              .isInstanceOf(IllegalStateException.class);
        }
        assertThat(wire.closes).as("seed %s", seed).isEqualTo(isClosed ? 1 : 0);
      }
    }

    private void step(Mail target, int kind, Random random) {
      switch (kind) {
        case 0 -> {
          target.close();
          isOver = true;
          isClosed = true;
        }
        case 1 -> {
          assertThat(target.release()).isSameAs(wire);
          isOver = true;
        }
        case 2 -> fail(target);
        default -> advance(target, random);
      }
    }

    private void fail(Mail target) {
      try {
        target.failing(new UnsupportedOperationException("planned"));
      } catch (UnsupportedOperationException e) {
        isOver = true;
        isClosed = true;
      }
    }

    private void advance(Mail target, Random random) {
      switch (target) {
        case Mail.Greeting greeting -> {
          boolean isRight = random.nextBoolean();
          try {
            next(greeting.login(isRight ? "right" : "wrong"));
            assertThat(isRight).isTrue();
          } catch (RefusedException e) {
            assertThat(isRight).isFalse();
          }
        }
        case Mail.Ready ready -> next(ready.begin());
        case Mail.Open open -> {
          if (random.nextBoolean()) {
            assertThat(open.line()).isEqualTo(1);
          } else {
            next(open.send());
          }
        }
      }
    }

    private void next(Mail mail) {
      current = mail;
      all.add(mail);
    }
  }
}
