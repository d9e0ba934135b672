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
import gyre.sync.Mutex;
import gyre.sync.Permit;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The passive one of a pair: listens to the active one's {@link Replication}, remembers which
 * client has which target, and when nothing is heard for too long has a program bring the clients
 * here. It balances all the time; clients come to whom the program gives the address.
 *
 * <pre>
 *   PASSIVE --nothing is heard--&gt; TAKING --the program has succeeded--&gt; ACTIVE
 *
 *   TAKING, ACTIVE --the active one is heard: the other program is run--&gt; PASSIVE
 * </pre>
 *
 * <p>A process that goes on for another one has its role, and so has one that is started again
 * where a file tells it: else it would not give back what it had, or take it twice.
 */
final class Standby {
  /** Who has the clients, as far as this one knows. */
  enum Role {
    PASSIVE,
    /** A program that has clients come here has begun, and may have done it. */
    TAKING,
    ACTIVE
  }

  private static final int LINE_LIMIT_BYTES = 64 * 1024;
  private static final Duration PAUSE = Duration.ofMillis(100);
  private static final Duration PROGRAM_LIMIT = Duration.ofSeconds(30);

  private final Balancer balancer;
  private final LoopPart part;
  private final StandbyConfig rules;
  private final @Nullable RoleFile file;

  /** Held while the role changes. */
  private final Mutex changing = Mutex.create("role in a pair");

  private volatile Role role;

  /** It has the role of another process, which may have kept it elsewhere or not at all. */
  private final boolean isInherited;

  /** Why its file could not be read; null if it was. */
  private final @Nullable String unread;

  /** Before this a program that failed to give back is not run again. */
  private long giveBackNanos;

  private boolean isHandedOver;
  private boolean isHeard;
  private long heardNanos;
  private String failure = "it says nothing";

  /**
   * On the control loop.
   *
   * @param before the role of the process whose sockets this one has; null if there is none
   */
  Standby(Balancer balancer, StandbyConfig rules, @Nullable Role before) {
    this.balancer = balancer;
    this.part = balancer.control();
    this.rules = rules;
    Path state = rules.state();
    this.file = state == null ? null : new RoleFile(state);
    this.isInherited = before != null;
    Role known = before != null || file == null ? before : file.read();
    this.unread = known == null && file != null ? "its role could not be read in " + state : null;
    // What it may have, it gives back as soon as it hears the active one.
    this.role = known != null ? known : file != null ? Role.TAKING : Role.PASSIVE;
  }

  /** Keeps the role as it is until the permit is closed. On the control loop; parks. */
  Permit hold() {
    return changing.hold();
  }

  /** Another process has the role now. On the control loop, while it is held. */
  void handedOver() {
    isHandedOver = true;
  }

  /** From any thread. */
  Role role() {
    return role;
  }

  /** Until the calling fiber is cancelled. On the control loop. */
  void run() throws Exception {
    heardNanos = part.nanoTime();
    giveBackNanos = heardNanos;
    if (unread != null) {
      tell(unread + ", so it may have been active");
    }
    if (isInherited) {
      try (Permit _ = changing.hold()) {
        become(role);
      }
    }
    tell(
        (role == Role.PASSIVE ? "passive" : "active as before")
            + ": stands by for the active one at "
            + Addresses.format(rules.active()));
    while (!isHandedOver) {
      listen(role == Role.ACTIVE ? rules.silence().toNanos() : left());
      if (isHeard) {
        isHeard = false;
        tell("hears nothing of the active one: " + failure);
      }
      if (role != Role.ACTIVE && left() <= 0) {
        try (Permit _ = changing.hold()) {
          takeOver();
        }
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
    boolean isDue = part.nanoTime() - giveBackNanos >= 0;
    if (role != Role.PASSIVE && isDue && !rules.giveBack().isEmpty()) {
      try (Permit _ = changing.hold()) {
        giveBack();
      }
    }
  }

  /** Tried again where the program fails: until then both have what clients come by. */
  private void giveBack() throws Exception {
    if (isHandedOver) {
      return;
    }
    String wrong = run(rules.giveBack());
    if (wrong == null) {
      become(Role.PASSIVE);
      tell("passive again: has given back");
    } else {
      giveBackNanos = part.nanoTime() + rules.silence().toNanos();
      tell("has not given back, and tries again: " + wrong);
    }
  }

  private void become(Role next) {
    role = next;
    String wrong = file == null ? null : file.write(next);
    if (wrong != null) {
      tell("its role is not remembered for a restart: " + wrong);
    }
  }

  /** Tried again where the program fails. */
  private void takeOver() throws Exception {
    if (isHandedOver) {
      return;
    }
    tell("takes over, as nothing was heard of the active one: " + failure);
    become(Role.TAKING);
    String wrong = run(rules.takeOver());
    if (wrong == null) {
      become(Role.ACTIVE);
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
