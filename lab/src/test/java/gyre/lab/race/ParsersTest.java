package gyre.lab.race;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class ParsersTest {
  @Test
  void shouldTakeUserSpaceForTheLowerHalfOfTheAddresses() {
    List<String> samples =
        List.of(
            "      loop  ffffffff8152a9fd",
            " VM Thread      7fb62684ec51",
            "      loop  ffffffff8168b76e",
            "      loop  ffffffff8168b76e");
    assertThat(PerfOutput.userShare(samples)).isEqualTo(0.25);
    assertThat(PerfOutput.userShare(List.of())).isNaN();
    List<String> unprivileged = List.of("  loop      7fb62684ec51", "  loop      7fb62684ec59");
    assertThat(PerfOutput.userShare(unprivileged)).isNaN();
  }

  @Test
  void shouldLeaveCompilersOutOfUserSpace() {
    List<String> samples =
        List.of(
            "           loop  ffffffff8152a9fd",
            "           loop      7fb62684ec51",
            "C2 CompilerThre      7fb62684ec51",
            "C1 CompilerThre  ffffffff8168b76e");
    assertThat(PerfOutput.userShare(samples)).isEqualTo(0.5);
  }

  @Test
  void shouldReadWhichCoresAreAllowed() {
    assertThat(ProcessFiles.allowedCores(List.of("Name:\tx", "Cpus_allowed_list:\t2-3,6")))
        .containsExactly(2, 3, 6);
    assertThat(ProcessFiles.allowedCores(List.of("Cpus_allowed_list:\t1"))).containsExactly(1);
  }

  @Test
  void shouldTakeCoresThatAreNoThreadsOfTheSameOne() {
    assertThat(ProcessFiles.isListed("0-1,4\n", 4)).isTrue();
    assertThat(ProcessFiles.isListed("0-1,4\n", 2)).isFalse();
    int[] four = {2, 3, 4, 5};
    assertThat(Bench.apart(four, (one, other) -> one / 2 == other / 2)).containsExactly(2, 4);
    assertThat(Bench.apart(four, (one, other) -> one == other)).containsExactly(2, 3);
    assertThat(Bench.apart(four, (_, _) -> true)).containsExactly(2, 3); // there are no others
    assertThat(Bench.apart(new int[] {7}, (_, _) -> true)).containsExactly(7);
  }

  @Test
  void shouldKnowCompilersByTheNamesOfTheirThreads() {
    assertThat(List.of("C2 CompilerThre\n", "C1 CompilerThre\n"))
        .allMatch(ProcessFiles::isCompiler);
    assertThat(List.of("java\n", "VM Thread\n", "Signal Dispatch\n", "gyre-loop\n"))
        .noneMatch(ProcessFiles::isCompiler);
  }

  /** Of this JVM, which has compiled something by now. */
  @Test
  void shouldSeeWhatCompilersDo() {
    long nanos = ProcessFiles.compilerNanos(ProcessHandle.current().pid());
    assertThat(nanos).isPositive();
  }

  @Test
  void shouldReadTheCountOfPerfStat() {
    assertThat(
            PerfOutput.count(List.of("# started on", "", "109,,raw_syscalls:sys_enter,1,100.00,,")))
        .isEqualTo(109);
    assertThat(PerfOutput.count(List.of("<not counted>,,raw_syscalls:sys_enter,0,0.00,,"))).isNaN();
  }

  @Test
  void shouldReadTheTotalOfStrace() {
    List<String> lines =
        List.of(
            "% time     seconds  usecs/call     calls    errors syscall",
            " 60.00    0.000060           1        40         2 read",
            "100.00    0.000100           1        70         2 total");
    assertThat(PerfOutput.tracedCalls(lines)).isEqualTo(70);
  }

  @Test
  void shouldReadFilesOfTheKernel() {
    assertThat(ProcessFiles.scheduledNanos("1016385 12 1\n")).isEqualTo(1016385);
    assertThat(ProcessFiles.statusBytes(List.of("Name:\tx", "VmRSS:\t  10 kB"), "VmRSS:"))
        .isEqualTo(10240);
    assertThat(
            ProcessFiles.descriptors(
                List.of(
                    "Limit                     Soft Limit           Hard Limit           Units",
                    "Max open files            1024                 20000                files")))
        .isEqualTo(20000);
  }

  @Test
  void shouldAddUpTicksOfAProcessWithAStrangeName() {
    String stat = "7 (a ) b) S 1 7 7 0 -1 4194560 1 2 3 4 55 66 0 0 20 0 1 0 1 1 1";
    assertThat(ProcessFiles.cpuTicks(stat)).isEqualTo(121);
  }
}
