package gyre.balancer;

import gyre.Cancellation;
import gyre.CancelledException;
import gyre.DeadlineExceededException;
import gyre.Fiber;
import gyre.net.ConnectOptions;
import gyre.net.StreamOptions;
import gyre.net.TcpStream;
import gyre.process.Command;
import gyre.process.CommandResult;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The passive one of a pair: listens to the active one's {@link Replication}, remembers which
 * client has which target, and when nothing is heard for too long has a program bring the clients
 * here. It balances all the time; clients come to whom the program gives the address.
 */
final class Standby {
  /** Who has the clients, as far as this one knows. */
  enum Role {
    PASSIVE,
    ACTIVE
  }

  private static final int LINE_LIMIT_BYTES = 64 * 1024;
  private static final Duration PAUSE = Duration.ofMillis(100);
  private static final Duration PROGRAM_LIMIT = Duration.ofSeconds(30);

  private final Balancer balancer;
  private final LoopPart part;
  private final StandbyConfig rules;
  private volatile Role role = Role.PASSIVE;
  private boolean isHeard;
  private long heardNanos;
  private String failure = "it says nothing";

  Standby(Balancer balancer, StandbyConfig rules) {
    this.balancer = balancer;
    this.part = balancer.control();
    this.rules = rules;
  }

  /** From any thread. */
  Role role() {
    return role;
  }

  /** Until the calling fiber is cancelled. On the control loop. */
  void run() throws Exception {
    heardNanos = part.nanoTime();
    tell("passive: stands by for the active one at " + Addresses.format(rules.active()));
    while (true) {
      listen(role == Role.ACTIVE ? rules.silence().toNanos() : left());
      if (isHeard) {
        isHeard = false;
        tell("hears nothing of the active one: " + failure);
      }
      if (role == Role.PASSIVE && left() <= 0) {
        takeOver();
      }
      Fiber.sleep(PAUSE);
    }
  }

  /** Nanoseconds until it has been silent for too long. */
  private long left() {
    return rules.silence().toNanos() - (part.nanoTime() - heardNanos);
  }

  /** Returns when the active one is gone, or says nothing. */
  private void listen(long limitNanos) throws Exception {
    if (limitNanos <= 0) {
      return;
    }
    try (TcpStream stream =
        TcpStream.connect(
            rules.active(),
            StreamOptions.defaults().closeTimeout(Duration.ZERO),
            ConnectOptions.defaults().timeout(Duration.ofNanos(limitNanos)))) {
      String line = line(stream);
      while (line != null) {
        heard();
        if (!line.equals(Replication.BEAT)) {
          HandOverState.restoreClient(balancer, JsonText.readFlat(line));
        }
        line = line(stream);
      }
      failure = "it has closed the connection";
    } catch (DeadlineExceededException e) {
      failure = "no word for " + rules.silence().toMillis() + " ms";
    } catch (CancelledException e) {
      throw e;
    } catch (RuntimeException e) {
      failure = String.valueOf(e.getMessage());
    }
  }

  private @Nullable String line(TcpStream stream) throws Exception {
    return Cancellation.within(rules.silence(), () -> stream.readLine(LINE_LIMIT_BYTES));
  }

  private void heard() throws Exception {
    heardNanos = part.nanoTime();
    if (!isHeard) {
      isHeard = true;
      tell("hears the active one");
    }
    if (role == Role.ACTIVE && !rules.giveBack().isEmpty()) {
      role = Role.PASSIVE;
      String wrong = run(rules.giveBack());
      tell(wrong == null ? "passive again: has given back" : "passive again, but " + wrong);
    }
  }

  /** Tried again where the program fails. */
  private void takeOver() throws Exception {
    tell("takes over, as nothing was heard of the active one: " + failure);
    String wrong = run(rules.takeOver());
    if (wrong == null) {
      role = Role.ACTIVE;
      tell("active: has taken over");
    } else {
      heardNanos = part.nanoTime();
      tell("has not taken over, and tries again: " + wrong);
    }
  }

  /** Null if it succeeded, else why not. */
  private static @Nullable String run(List<String> program) throws Exception {
    try {
      CommandResult result = Cancellation.within(PROGRAM_LIMIT, () -> Command.of(program).run());
      return result.isSuccess() ? null : program.getFirst() + " ended with " + result.exit();
    } catch (DeadlineExceededException e) {
      return program.getFirst() + " did not end within " + PROGRAM_LIMIT.toSeconds() + " s";
    } catch (CancelledException e) {
      throw e;
    } catch (RuntimeException e) {
      return String.valueOf(e.getMessage());
    }
  }

  private void tell(String text) {
    balancer.events().tell(part.now(), "", text);
  }
}
