package gyre.balancer;

import gyre.tls.TlsClient;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How targets are checked. Immutable; each method that takes a value gives a changed copy, and
 * throws {@link IllegalArgumentException} for a value that makes no sense.
 *
 * @param check what is done
 * @param interval between two checks of a target
 * @param fastInterval instead of it while a target is on its way up or down
 * @param jitterPercent each interval is longer or shorter by up to so much, so that checks of many
 *     targets don't come together
 * @param timeout for one check
 * @param rise so many checks in a row that succeed make a target healthy
 * @param fall so many in a row that fail make it unhealthy
 * @param port to check, if it is another one than that for connections; else 0
 */
public record HealthConfig(
    Check check,
    Duration interval,
    Duration fastInterval,
    int jitterPercent,
    Duration timeout,
    int rise,
    int fall,
    int port) {
  /** What is done to see whether a target is healthy. */
  public sealed interface Check {
    /** A connection can be made. */
    record Tcp() implements Check {}

    /**
     * Something is sent, maybe nothing, and the answer begins with something, maybe nothing.
     *
     * @param send as UTF-8
     * @param expect as UTF-8
     */
    record SendExpect(String send, String expect) implements Check {}

    /**
     * An HTTP request is answered with a status that is good.
     *
     * @param host of the Host field; empty for the target's address
     * @param statuses that are good; empty for all from 200 to 399
     * @param tls over TLS, checked by this; null for plain HTTP
     */
    record Http(
        String method, String path, String host, List<Integer> statuses, @Nullable TlsClient tls)
        implements Check {
      public Http {
        statuses = List.copyOf(statuses);
      }
    }

    /**
     * A TLS handshake succeeds; the certificate is not looked at.
     *
     * @param name to ask for; empty for none
     */
    record Tls(String name) implements Check {}

    /**
     * A program ends with 0. It has TARGET_HOST, TARGET_PORT and TARGET_NAME in its environment.
     *
     * @param command the program and its arguments
     */
    record Command(List<String> command) implements Check {
      public Command {
        command = List.copyOf(command);
        if (command.isEmpty()) {
          throw new IllegalArgumentException("command is empty");
        }
      }
    }
  }

  public HealthConfig {
    Limits.positive("interval", interval);
    Limits.positive("fastInterval", fastInterval);
    Limits.between("jitterPercent", jitterPercent, 0, 100);
    Limits.positive("timeout", timeout);
    Limits.between("rise", rise, 1, 1000);
    Limits.between("fall", fall, 1, 1000);
    Limits.between("port", port, 0, 65_535);
  }

  /** A check every 2 s, every 0.5 s while a target changes; up after 2, down after 3. */
  public static HealthConfig of(Check check) {
    return new HealthConfig(
        check, Duration.ofSeconds(2), Duration.ofMillis(500), 10, Duration.ofSeconds(2), 2, 3, 0);
  }

  public HealthConfig interval(Duration value) {
    return new HealthConfig(check, value, fastInterval, jitterPercent, timeout, rise, fall, port);
  }

  public HealthConfig fastInterval(Duration value) {
    return new HealthConfig(check, interval, value, jitterPercent, timeout, rise, fall, port);
  }

  public HealthConfig jitterPercent(int value) {
    return new HealthConfig(check, interval, fastInterval, value, timeout, rise, fall, port);
  }

  public HealthConfig timeout(Duration value) {
    return new HealthConfig(check, interval, fastInterval, jitterPercent, value, rise, fall, port);
  }

  public HealthConfig rise(int value) {
    return new HealthConfig(
        check, interval, fastInterval, jitterPercent, timeout, value, fall, port);
  }

  public HealthConfig fall(int value) {
    return new HealthConfig(
        check, interval, fastInterval, jitterPercent, timeout, rise, value, port);
  }

  public HealthConfig port(int value) {
    return new HealthConfig(
        check, interval, fastInterval, jitterPercent, timeout, rise, fall, value);
  }
}
