package gyre.lab.profile;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.lab.race.CpuTimes;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ProfileParsersTest {
  @Test
  void shouldGroupKernelWorkByWhoAskedForIt() {
    Frames frames =
        Frames.parse(
            List.of(
                "java/lang/Thread.run;gyre/Loop.turn;gyre/sys/Uring.enter;java/lang/X.y;tcp_ack_[k] 6",
                "java/lang/Thread.run;gyre/Loop.turn;gyre/io/ByteQueue.append_[j] 3",
                "start_thread;memcpy 1"));
    assertThat(frames.groups(9))
        .containsExactly(
            new Frames.Part("gyre.sys → kernel", 0.6),
            new Frames.Part("gyre.io", 0.3),
            new Frames.Part("native code", 0.1));
    assertThat(frames.hottest(1)).containsExactly(new Frames.Part("tcp_ack", 0.6));
  }

  @Test
  void shouldReadSamplesOfPerf() {
    List<String> lines = List.of(" ffffffff8152a9fd tcp_ack", "     7fb62684ec51 main", "");
    assertThat(Samples.kernelShare(lines)).isEqualTo(0.5);
    assertThat(Samples.frames(lines).stacks()).containsEntry("tcp_ack_[k]", 1L);
  }

  @Test
  void shouldAddUpTheCallsOfAllThreads() {
    String row = "   %s   %d      0 100.140   100.140   100.140   100.140      0.00%%";
    CallCounts counts =
        CallCounts.ofPerfTrace(
            List.of(
                "   syscall            calls  errors  total       min       avg       max  stddev",
                row.formatted("read", 3),
                row.formatted("read", 4),
                row.formatted("futex", 1)));
    assertThat(counts.mostFirst().getFirst()).isEqualTo(new CallCounts.Call("read", 7));
    assertThat(counts.total()).isEqualTo(8);
    assertThat(
            CallCounts.ofStrace(
                    List.of(
                        " 60.00    0.000060           1        40         2 read",
                        "100.00    0.000100           1        40         2 total"))
                .counts())
        .isEqualTo(Map.of("read", 40L));
  }

  @Test
  void shouldReadWhatTheSchedulerKnows() {
    Threads.Times times =
        Threads.parse(
            42,
            "loop",
            "500 20 7\n",
            List.of("voluntary_ctxt_switches:\t5", "nonvoluntary_ctxt_switches:\t2"));
    assertThat(times).isEqualTo(new Threads.Times(42, "loop", 500, 20, 7, 5, 2));
  }

  @Test
  void shouldTellWhereAThreadWaits() {
    assertThat(WaitPlaces.places(Map.of("0", 70, "io_cqring_wait", 20, "futex_do_wait", 5, "x", 5)))
        .containsExactly(
            new WaitPlaces.Place("for completions (io_cqring_wait)", 20.0 / 30),
            new WaitPlaces.Place("for another thread (futex_do_wait)", 5.0 / 30),
            new WaitPlaces.Place("x", 5.0 / 30));
    assertThat(WaitPlaces.places(Map.of("0", 70))).isEmpty();
  }

  @Test
  void shouldNameTheBottleneck() {
    assertThat(findings(0.99, new CpuTimes(1, 98, 1, 0, 0)).verdict()).startsWith("syscall-bound");
    assertThat(findings(0.1, new CpuTimes(90, 9, 1, 0, 0)).verdict()).startsWith("user-bound");
    assertThat(findings(0.9, new CpuTimes(1, 19, 80, 0, 0)).verdict()).startsWith("syscall-bound");
    assertThat(findings(0.3, new CpuTimes(14, 6, 80, 0, 0)).verdict()).startsWith("waiting");
  }

  private static Findings findings(double kernelShare, CpuTimes core) {
    return new Findings(
        "x",
        kernelShare,
        core,
        new Frames(Map.of()),
        new OffCpu(Optional.empty(), List.of(), 1, 1),
        new CallCounts(Map.of()),
        1,
        List.of());
  }
}
