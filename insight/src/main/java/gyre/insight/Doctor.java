package gyre.insight;

import gyre.insight.Check.Grade;
import gyre.insight.text.Plural;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * Examines the machine, for a process or before there is one. Reads files alone, and changes
 * nothing.
 */
public final class Doctor {
  /** How many connections are wanted. */
  public enum Goal {
    ANY(1_000),
    C10K(10_000),
    C100K(100_000),
    C1M(1_000_000);

    private final long connections;

    Goal(long connections) {
      this.connections = connections;
    }

    public long connections() {
      return connections;
    }
  }

  /** Beside connections a process has files, engines and the JVM's own. */
  private static final long DESCRIPTORS_SPARE = 200;

  private static final long SOMAXCONN_WANTED = 1024;
  private static final Pattern VERSION = Pattern.compile("^(\\d+)\\.(\\d+).*", Pattern.DOTALL);

  private final Machine machine;
  private final String process;
  private final Goal goal;
  private final List<Check> checks = new ArrayList<>();

  private Doctor(Machine machine, String process, Goal goal) {
    this.machine = machine;
    this.process = process;
    this.goal = goal;
  }

  /**
   * Looks at everything that a loop depends on.
   *
   * @param pid 0 for the process that calls
   * @param loops what the loops of the process tell, if it has some
   */
  public static List<Check> examine(
      Machine machine, long pid, Goal goal, @Nullable ProcessSnapshot loops) {
    Doctor doctor = new Doctor(machine, pid == 0 ? "self" : Long.toString(pid), goal);
    doctor.kernel();
    doctor.descriptors();
    doctor.network();
    doctor.groups(pid == 0 ? ProcessHandle.current().pid() : pid);
    doctor.hardware();
    if (loops != null) {
      loops.loops().forEach(doctor::loop);
    }
    return List.copyOf(doctor.checks);
  }

  private void add(String name, String value, Grade grade, String why, String command) {
    checks.add(new Check(name, value, grade, why, grade == Grade.GOOD ? "" : command));
  }

  // ---- kernel

  private void kernel() {
    Optional<String> release = machine.text("/proc/sys/kernel/osrelease");
    if (release.isEmpty()) {
      checks.add(Check.unknown("kernel", "/proc/sys/kernel/osrelease"));
    } else {
      int version = version(release.get());
      add(
          "kernel",
          release.get(),
          version >= 601 ? Grade.GOOD : version >= 519 ? Grade.WEAK : Grade.BAD,
          "io_uring as Gyre uses it (multishot receive, buffer rings) is in 6.1 and later; older"
              + " kernels get epoll",
          "install a kernel from 6.1 on");
    }
    OptionalLong disabled = machine.number("/proc/sys/kernel/io_uring_disabled");
    long value = disabled.orElse(0);
    add(
        "io_uring",
        value == 0 ? "allowed" : value == 1 ? "for a group only" : "forbidden",
        value == 0 ? Grade.GOOD : value == 1 ? Grade.WEAK : Grade.BAD,
        "without it loops use epoll, with more system calls",
        "sysctl -w kernel.io_uring_disabled=0");
    OptionalLong locked = limit("Max locked memory");
    if (locked.isPresent()) {
      boolean isOld = release.map(Doctor::version).orElse(0) < 512;
      add(
          "memlock",
          Figures.bytes(locked.getAsLong()),
          isOld && locked.getAsLong() < 8 << 20 ? Grade.WEAK : Grade.GOOD,
          "before 5.12 the rings of io_uring count against it",
          "ulimit -l 65536");
    }
  }

  /** 6.1 is 601. */
  private static int version(String release) {
    Matcher matcher = VERSION.matcher(release);
    return matcher.matches()
        ? Integer.parseInt(matcher.group(1)) * 100 + Integer.parseInt(matcher.group(2))
        : 0;
  }

  private OptionalLong limit(String name) {
    Optional<String> line =
        machine.text("/proc/" + process + "/limits").stream()
            .flatMap(String::lines)
            .filter(each -> each.startsWith(name))
            .findFirst();
    if (line.isEmpty()) {
      return OptionalLong.empty();
    }
    String soft = line.get().substring(name.length()).strip().split("\\s+", -1)[0];
    return OptionalLong.of(soft.equals("unlimited") ? Long.MAX_VALUE : Long.parseLong(soft));
  }

  // ---- descriptors

  private void descriptors() {
    long wanted = goal.connections() + DESCRIPTORS_SPARE;
    OptionalLong soft = limit("Max open files");
    if (soft.isEmpty()) {
      checks.add(Check.unknown("nofile", "/proc/" + process + "/limits"));
    } else {
      add(
          "nofile",
          Long.toString(soft.getAsLong()),
          soft.getAsLong() >= wanted ? Grade.GOOD : Grade.BAD,
          "each connection takes a descriptor: " + wanted + " are needed",
          "ulimit -n " + wanted + ", or LimitNOFILE=" + wanted + " of systemd");
    }
    most("nr_open", "/proc/sys/fs/nr_open", wanted, "fs.nr_open", "no process may have more");
    most(
        "file-max",
        "/proc/sys/fs/file-max",
        wanted * 2,
        "fs.file-max",
        "all processes together may have so many files open");
    if (machine.has("/proc/sys/net/netfilter/nf_conntrack_max")) {
      most(
          "conntrack",
          "/proc/sys/net/netfilter/nf_conntrack_max",
          goal.connections() * 2,
          "net.netfilter.nf_conntrack_max",
          "beyond it the firewall drops new connections");
    }
  }

  private void most(String name, String file, long wanted, String setting, String why) {
    Optional<String> text = machine.text(file);
    if (text.isEmpty()) {
      checks.add(Check.unknown(name, file));
      return;
    }
    // file-max may be too large for a long.
    long value = text.get().length() > 18 ? Long.MAX_VALUE : Long.parseLong(text.get());
    add(
        name,
        text.get(),
        value >= wanted ? Grade.GOOD : Grade.BAD,
        why,
        "sysctl -w " + setting + "=" + wanted);
  }

  // ---- network

  private void network() {
    atLeast(
        "somaxconn",
        "/proc/sys/net/core/somaxconn",
        goal == Goal.ANY ? SOMAXCONN_WANTED : 4096,
        "net.core.somaxconn",
        "a listener's backlog is cut to it, and connections beyond it are refused or delayed");
    atLeast(
        "syn backlog",
        "/proc/sys/net/ipv4/tcp_max_syn_backlog",
        SOMAXCONN_WANTED,
        "net.ipv4.tcp_max_syn_backlog",
        "connections that are being made, at most");
    ports();
    OptionalLong idle = machine.number("/proc/sys/net/ipv4/tcp_slow_start_after_idle");
    if (idle.isPresent()) {
      add(
          "slow start after idle",
          idle.getAsLong() == 0 ? "off" : "on",
          idle.getAsLong() == 0 ? Grade.GOOD : Grade.NOTE,
          "connections that were idle begin slowly again, which lengthens large answers",
          "sysctl -w net.ipv4.tcp_slow_start_after_idle=0");
    }
    machine
        .text("/proc/sys/net/ipv4/tcp_mem")
        .map(text -> text.split("\\s+", -1))
        .filter(words -> words.length == 3)
        .ifPresent(words -> tcpMemory(Long.parseLong(words[2]) * 4096));
  }

  private void tcpMemory(long bytes) {
    long wanted = goal.connections() * 4096;
    add(
        "tcp_mem",
        Figures.bytes(bytes),
        bytes >= wanted ? Grade.GOOD : Grade.WEAK,
        "what all TCP buffers may take; a page for each connection is little",
        "sysctl -w net.ipv4.tcp_mem='"
            + wanted / 8192
            + " "
            + wanted / 6144
            + " "
            + wanted / 4096
            + "'");
  }

  private void ports() {
    Optional<String> range = machine.text("/proc/sys/net/ipv4/ip_local_port_range");
    if (range.isEmpty()) {
      checks.add(Check.unknown("port range", "/proc/sys/net/ipv4/ip_local_port_range"));
      return;
    }
    String[] bounds = range.get().split("\\s+", -1);
    long ports = Long.parseLong(bounds[1]) - Long.parseLong(bounds[0]) + 1;
    add(
        "port range",
        range.get().replace('\t', '-'),
        ports >= goal.connections() ? Grade.GOOD : ports >= 20_000 ? Grade.NOTE : Grade.WEAK,
        "a client has so many connections to one address of a server: "
            + ports
            + " for each local address; servers need none of them",
        "sysctl -w net.ipv4.ip_local_port_range='1024 65535'");
  }

  private void atLeast(String name, String file, long wanted, String setting, String why) {
    OptionalLong value = machine.number(file);
    if (value.isEmpty()) {
      checks.add(Check.unknown(name, file));
      return;
    }
    add(
        name,
        Long.toString(value.getAsLong()),
        value.getAsLong() >= wanted ? Grade.GOOD : Grade.WEAK,
        why,
        "sysctl -w " + setting + "=" + wanted);
  }

  // ---- limits of groups

  private void groups(long pid) {
    double cpus = cpuLimit(pid);
    long throttled = machine.throttledNanos(pid);
    add(
        "CPU limit",
        cpus == 0 ? "none" : Figures.count(cpus) + " CPUs",
        cpus == 0 ? Grade.GOOD : cpus < 1 ? Grade.WEAK : Grade.NOTE,
        "a group that has used it up stands still until the next period: every loop stalls"
            + (throttled > 0 ? "; so far for " + Figures.nanos(throttled) : ""),
        "docker update --cpus=N, or cpu.max of the group");
    OptionalLong memory = memoryLimit(pid);
    boolean isLimited = memory.isPresent() && memory.getAsLong() < 1L << 50;
    long wanted = goal.connections() * ConnectionCost.ASSUMED_BYTES;
    add(
        "memory limit",
        isLimited ? Figures.bytes(memory.getAsLong()) : "none",
        isLimited && memory.getAsLong() < wanted ? Grade.BAD : Grade.GOOD,
        "buffers of sockets count too; "
            + Plural.of(goal.connections(), "connection takes", "connections take")
            + " about "
            + Figures.bytes(wanted),
        "docker update --memory=, or memory.max of the group");
    boolean isContainer =
        machine.has("/.dockerenv")
            || machine.has("/run/.containerenv")
            || machine
                .text("/proc/" + process + "/cgroup")
                .map(text -> text.contains("docker") || text.contains("kubepods"))
                .orElse(false);
    checks.add(
        Check.note(
            "container",
            isContainer ? "yes" : "none seen",
            "its seccomp profile may forbid io_uring: then the loop says so and uses epoll"));
  }

  /** In processors, the tightest of all groups that it is in; 0 for none. */
  private double cpuLimit(long pid) {
    return machine.cpuGroups(pid).stream()
        .mapToDouble(this::cpuLimitOf)
        .filter(limit -> limit > 0)
        .min()
        .orElse(0);
  }

  private double cpuLimitOf(String folder) {
    Optional<String> unified = machine.text(folder + "/cpu.max");
    if (unified.isPresent()) {
      String[] words = unified.get().split("\\s+", -1);
      return words[0].equals("max")
          ? 0
          : Double.parseDouble(words[0]) / Double.parseDouble(words[1]);
    }
    long quota = machine.number(folder + "/cpu.cfs_quota_us").orElse(0);
    long period = machine.number(folder + "/cpu.cfs_period_us").orElse(100_000);
    return quota <= 0 ? 0 : (double) quota / period;
  }

  private OptionalLong memoryLimit(long pid) {
    return machine.memoryGroups(pid).stream()
        .flatMapToLong(folder ->
            LongStream.concat(
                machine.number(folder + "/memory.max").stream(),
                machine.number(folder + "/memory.limit_in_bytes").stream()))
        .min();
  }

  // ---- hardware

  private void hardware() {
    String clock = "/sys/devices/system/clocksource/clocksource0/current_clocksource";
    Optional<String> source = machine.text(clock);
    if (source.isEmpty()) {
      checks.add(Check.unknown("clock source", clock));
    } else {
      boolean isFast = source.get().matches("tsc|kvm-clock|hyperv_clocksource.*|arch_sys_counter");
      add(
          "clock source",
          source.get(),
          isFast ? Grade.GOOD : Grade.BAD,
          "the clock is read for each callback: this one "
              + (isFast ? "needs no system call" : "takes a system call or more"),
          "echo tsc > " + clock + ", if it is in available_clocksource");
    }
    machine
        .text("/sys/kernel/mm/transparent_hugepage/enabled")
        .ifPresent(modes -> {
          String mode = modes.replaceAll(".*\\[(.*)].*", "$1");
          add(
              "huge pages",
              mode,
              mode.equals("always") ? Grade.WEAK : Grade.GOOD,
              "with always the kernel may stop a loop to make huge pages",
              "echo madvise > /sys/kernel/mm/transparent_hugepage/enabled");
        });
    machine
        .text("/proc/cmdline")
        .ifPresent(line ->
            checks.add(
                Check.note(
                    "mitigations",
                    line.contains("mitigations=off") ? "off" : "as the kernel chose",
                    "each system call costs more with them: one more reason for io_uring")));
    if (machine.stolenNanos() > 0) {
      checks.add(
          Check.note(
              "steal",
              Figures.nanos(machine.stolenNanos()) + " since the start",
              "time in which the host of this virtual machine ran others"));
    }
  }

  // ---- a process

  private void loop(LoopSnapshot loop) {
    boolean isBest = loop.engine().equals("io_uring") || !loop.engineExplanation().contains("→");
    add(
        "engine of " + loop.name(),
        loop.engine(),
        isBest ? Grade.GOOD : Grade.WEAK,
        isBest ? loop.engineExplanation() : "not io_uring: " + loop.engineExplanation(),
        "see kernel and io_uring above, and --enable-native-access=ALL-UNNAMED of java");
    add(
        "fibers of " + loop.name(),
        loop.fiberMode(),
        loop.fiberMode().equals("NATIVE") ? Grade.GOOD : Grade.WEAK,
        "fibers that pass a baton between threads cost more CPU time",
        "java --add-opens java.base/java.lang=ALL-UNNAMED ...");
  }
}
