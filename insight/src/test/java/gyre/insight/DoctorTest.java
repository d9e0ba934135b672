package gyre.insight;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.insight.Check.Grade;
import gyre.insight.Doctor.Goal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Machines made of files, good and bad. */
class DoctorTest {
  private static final String LIMITS =
      """
      Limit                     Soft Limit           Hard Limit           Units
      Max open files            20000                20000                files
      Max locked memory         8388608              8388608              bytes
      """;

  @TempDir Path root;

  @BeforeEach
  void makeAGoodMachine() throws IOException {
    put("/proc/sys/kernel/osrelease", "6.8.0-40-generic");
    put("/proc/sys/kernel/io_uring_disabled", "0");
    put("/proc/self/limits", LIMITS);
    put("/proc/self/cgroup", "0::/");
    put("/proc/sys/fs/nr_open", "1048576");
    put("/proc/sys/fs/file-max", "9223372036854775807");
    put("/proc/sys/net/core/somaxconn", "4096");
    put("/proc/sys/net/ipv4/tcp_max_syn_backlog", "4096");
    put("/proc/sys/net/ipv4/ip_local_port_range", "1024\t65535");
    put("/proc/sys/net/ipv4/tcp_slow_start_after_idle", "0");
    put("/proc/sys/net/ipv4/tcp_mem", "100000 200000 300000");
    put("/sys/devices/system/clocksource/clocksource0/current_clocksource", "tsc");
    put("/sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never");
  }

  private void put(String path, String text) throws IOException {
    Path file = root.resolve(path.substring(1));
    Path parent = file.getParent();
    assertThat(parent).isNotNull();
    Files.createDirectories(parent);
    Files.writeString(file, text + "\n");
  }

  private List<Check> examine(Goal goal) {
    return Doctor.examine(Machine.below(root), 0, goal, null);
  }

  private static Check find(List<Check> checks, String name) {
    return checks.stream().filter(check -> check.name().equals(name)).findFirst().orElseThrow();
  }

  @Test
  void shouldFindNothingOnAGoodMachine() {
    List<Check> checks = examine(Goal.ANY);
    assertThat(checks)
        .filteredOn(check -> check.grade() != Grade.NOTE)
        .allSatisfy(check -> assertThat(check.grade()).as(check.name()).isEqualTo(Grade.GOOD));
    assertThat(DoctorReport.isGood(checks)).isTrue();
    assertThat(DoctorReport.lines(checks, Goal.ANY, null)).contains("nothing to do");
  }

  @ParameterizedTest
  @CsvSource({
    "kernel, /proc/sys/kernel/osrelease, 4.19.0, BAD",
    "kernel, /proc/sys/kernel/osrelease, 5.19.1, WEAK",
    "io_uring, /proc/sys/kernel/io_uring_disabled, 2, BAD",
    "io_uring, /proc/sys/kernel/io_uring_disabled, 1, WEAK",
    "nofile, /proc/self/limits, Max open files            1024                 1024, BAD",
    "nr_open, /proc/sys/fs/nr_open, 1000, BAD",
    "somaxconn, /proc/sys/net/core/somaxconn, 128, WEAK",
    "syn backlog, /proc/sys/net/ipv4/tcp_max_syn_backlog, 128, WEAK",
    "port range, /proc/sys/net/ipv4/ip_local_port_range, 65000 65100, WEAK",
    "slow start after idle, /proc/sys/net/ipv4/tcp_slow_start_after_idle, 1, NOTE",
    "tcp_mem, /proc/sys/net/ipv4/tcp_mem, 10 20 30, WEAK",
    "clock source, /sys/devices/system/clocksource/clocksource0/current_clocksource, hpet, BAD",
    "huge pages, /sys/kernel/mm/transparent_hugepage/enabled, [always] madvise never, WEAK",
    "CPU limit, /sys/fs/cgroup/cpu.max, 50000 100000, WEAK",
    "CPU limit, /sys/fs/cgroup/cpu/cpu.cfs_quota_us, 50000, WEAK",
    "memory limit, /sys/fs/cgroup/memory.max, 1000000, BAD",
    "memory limit, /sys/fs/cgroup/memory/memory.limit_in_bytes, 1000000, BAD",
    "conntrack, /proc/sys/net/netfilter/nf_conntrack_max, 100, BAD"
  })
  void shouldSayWhatIsWrongAndHowToChangeIt(String name, String path, String text, Grade grade)
      throws IOException {
    put(path, text);
    Check check = find(examine(Goal.ANY), name);
    assertThat(check.grade()).isEqualTo(grade);
    assertThat(check.command()).isNotBlank();
    assertThat(check.why()).isNotBlank();
  }

  @Test
  void shouldNotGuessWhatItCannotRead() throws IOException {
    Files.delete(root.resolve("proc/sys/net/core/somaxconn"));
    Check check = find(examine(Goal.ANY), "somaxconn");
    assertThat(check.grade()).isEqualTo(Grade.UNKNOWN);
    assertThat(check.why()).contains("/proc/sys/net/core/somaxconn");
  }

  @Test
  void shouldReadThisMachine() {
    List<Check> checks = Doctor.examine(Machine.REAL, 0, Goal.C1M, null);
    assertThat(checks).hasSizeGreaterThan(10);
    assertThat(checks).allSatisfy(check -> assertThat(check.value()).isNotBlank());
  }

  @ParameterizedTest
  @CsvSource({"C10K, GOOD", "C100K, BAD", "C1M, BAD"})
  void shouldJudgeByHowManyConnectionsAreWanted(Goal goal, Grade grade) {
    assertThat(find(examine(goal), "nofile").grade()).isEqualTo(grade);
  }

  @Test
  void shouldSayHowMuchMemoryManyConnectionsTake() {
    ConnectionCost cost = new ConnectionCost(1000, 3000);
    assertThat(DoctorReport.lines(examine(Goal.C100K), Goal.C100K, cost))
        .anySatisfy(line -> assertThat(line).contains("100000 take 381 MiB"));
    assertThat(DoctorReport.json(examine(Goal.C100K), Goal.C100K, cost))
        .contains("\"bytes\":400000000", "\"good\":false");
  }

  /** Where the limit is what is wrong, saying so must not need more than it allows. */
  @Test
  void shouldMeasureWithTheDescriptorsThatThereAre() {
    assertThat(ConnectionCost.pairs(1024)).isEqualTo(412);
    assertThat(ConnectionCost.pairs(100)).isZero();
    assertThat(ConnectionCost.pairs(1 << 20)).isEqualTo(1000);
    assertThat(ConnectionCost.pairs(0)).isEqualTo(1000);
  }
}
