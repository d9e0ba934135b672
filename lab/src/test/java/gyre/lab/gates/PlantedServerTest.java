package gyre.lab.gates;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import gyre.lab.LabException;
import gyre.lab.WrongInputException;
import gyre.lab.gates.Judgement.Outcome;
import gyre.lab.gates.PlantedServer.Fault;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Real servers in this process, small and wrong on purpose. */
@Timeout(120)
class PlantedServerTest {
  private static final int HELD = 40;
  private static final int MILLIS = 30_000;

  /**
   * Long enough for each connection to be asked; what is wrong is wrong from the first answer on.
   */
  private static final int LOAD_MILLIS = 400;

  @TempDir private static Path folder;

  private static List<String> generator = List.of();
  private static boolean speaksTls;

  private static final GateOptions OPTIONS =
      GateOptions.defaults().seconds(2).heldConnections(HELD).busyConnections(8);

  @BeforeAll
  static void compileTheGenerator() throws IOException, InterruptedException {
    Path program = folder.resolve("gen");
    List<String> command =
        new ArrayList<>(List.of("cc", "-O0", "-std=gnu11", "-pthread", "-o", program.toString()));
    try (Stream<Path> files = Files.list(Path.of("peers/gen"))) {
      files.map(Path::toString).filter(name -> name.endsWith(".c")).forEach(command::add);
    }
    if (Files.exists(Path.of("/usr/include/openssl/ssl.h"))) {
      command.addAll(List.of("-DGYRE_TLS", "-lssl", "-lcrypto"));
      speaksTls = true;
    }
    try {
      ProcessBuilder compiler = new ProcessBuilder(command).redirectErrorStream(true);
      compiler.redirectOutput(folder.resolve("errors").toFile());
      generator = compiler.start().waitFor() == 0 ? List.of(program.toString()) : List.of();
    } catch (IOException e) {
      generator = List.of(); // no compiler
    }
  }

  /** Handshakes are dear in a JVM that has just begun. */
  private static final int HELD_OVER_TLS = 14;

  private static final GateOptions TLS = OPTIONS.heldConnections(HELD_OVER_TLS);

  private static Judgement hold(PlantedServer server, GateOptions options) {
    return hold(server.address(), options);
  }

  private static Judgement hold(String address, GateOptions options) {
    Measured measured = new Holder(Target.of(address), options, MILLIS).run();
    return new Judge(options).of(Gate.CONNECTIONS, measured);
  }

  private static Judgement load(PlantedServer server, Gate gate) {
    return load(server.address(), gate);
  }

  private static Judgement load(String address, Gate gate) {
    assumeTrue(!generator.isEmpty(), "needs a C compiler: apt-get install gcc libc6-dev");
    GatePrograms programs = new GatePrograms(generator, "", List.of(), "is not needed");
    GateOptions options = OPTIONS.gates(EnumSet.of(gate));
    PrintStream nowhere =
        new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8);
    Meter meter = new LoadMeter(Target.of(address), options, programs, nowhere, LOAD_MILLIS);
    return new Judge(options).of(gate, meter.measure(gate));
  }

  @Test
  void shouldHoldAndServeAll() throws IOException {
    try (PlantedServer server = PlantedServer.echo(Fault.NONE)) {
      Judgement judgement = hold(server, OPTIONS);
      assertThat(judgement.outcome()).as(judgement.reason()).isEqualTo(Outcome.PASS);
      assertThat(judgement.figures()).containsEntry("served", HELD);
    }
  }

  @Test
  void shouldHoldConnectionsOfHttp() throws IOException {
    try (PlantedServer server = PlantedServer.http()) {
      Measured measured =
          new Holder(Target.of("http://" + server.address() + "/x?y"), OPTIONS, MILLIS).run();
      Judgement judgement = new Judge(OPTIONS).of(Gate.CONNECTIONS, measured);
      assertThat(judgement.outcome()).as(judgement.reason()).isEqualTo(Outcome.PASS);
    }
  }

  @Test
  void shouldFailAServerThatRefusesBeyondSome() throws IOException {
    try (PlantedServer server = PlantedServer.echo(Fault.REFUSES)) {
      Judgement judgement = hold(server, OPTIONS);
      assertThat(judgement.outcome()).isEqualTo(Outcome.FAIL);
      assertThat(judgement.figures()).containsEntry("served", PlantedServer.REFUSED_BEYOND);
      assertThat(judgement.reason()).contains("; then connection ").contains(" was c");
    }
  }

  @Test
  void shouldSayThatTimeWasOver() throws IOException {
    try (PlantedServer server = PlantedServer.echo(Fault.NONE)) {
      Measured measured = new Holder(Target.of(server.address()), OPTIONS, 0).run();
      assertThat(new Judge(OPTIONS).of(Gate.CONNECTIONS, measured).outcome())
          .isEqualTo(Outcome.UNJUDGED);
    }
  }

  @Test
  void shouldFailAServerThatSaysSomethingElse() throws IOException {
    try (PlantedServer server = PlantedServer.echo(Fault.LIES)) {
      Judgement judgement = hold(server, OPTIONS);
      assertThat(judgement.outcome()).isEqualTo(Outcome.FAIL);
      assertThat(judgement.reason()).contains("got a wrong byte");
    }
  }

  @Test
  void shouldFailAServerThatStarvesConnections() throws IOException {
    try (PlantedServer server = PlantedServer.echo(Fault.STARVES)) {
      Judgement judgement = load(server, Gate.FAIRNESS);
      assertThat(judgement.outcome()).as(judgement.reason()).isEqualTo(Outcome.FAIL);
      assertThat(judgement.figures()).containsEntry("least_answers", 0L);
    }
  }

  @Test
  void shouldMeasureAServerOfHttp() throws IOException {
    try (PlantedServer server = PlantedServer.http()) {
      Judgement judgement = load(server, Gate.CPU);
      assertThat(judgement.outcome()).isEqualTo(Outcome.UNJUDGED);
      assertThat(judgement.reason()).contains("a request, and nothing to compare it with");
      assertThat((Double) judgement.figures().get("cpu_micros_per_request")).isPositive();
    }
  }

  @Test
  void shouldSayThatThereIsNoGenerator() throws IOException {
    try (PlantedServer server = PlantedServer.echo(Fault.NONE)) {
      GatePrograms none = new GatePrograms(List.of(), "needs gcc", List.of(), "");
      Meter meter =
          new LoadMeter(
              Target.of(server.address()),
              OPTIONS,
              none,
              new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8));
      meter.warmUp();
      assertThat(meter.measure(Gate.LATENCY))
          .isEqualTo(new Measured.Unknown("there is no load generator: needs gcc"));
    }
  }

  // ---- over TLS, and over IPv6

  @Test
  void shouldHoldConnectionsOfTls() throws IOException {
    try (PlantedServer server = PlantedServer.tls(Fault.NONE, false);
        PlantedServer http = PlantedServer.tls(Fault.NONE, true)) {
      for (String address : List.of("tls://" + server.address(), "https://" + http.address())) {
        Judgement judgement = hold(address, TLS);
        assertThat(judgement.outcome()).as(judgement.reason()).isEqualTo(Outcome.PASS);
        assertThat(judgement.figures()).containsEntry("served", HELD_OVER_TLS);
      }
    }
  }

  @Test
  void shouldFailAServerOfTlsThatIsWrong() throws IOException {
    try (PlantedServer lies = PlantedServer.tls(Fault.LIES, false);
        PlantedServer refuses = PlantedServer.tls(Fault.REFUSES, false)) {
      Judgement judgement = hold("tls://" + lies.address(), TLS);
      assertThat(judgement.outcome()).isEqualTo(Outcome.FAIL);
      assertThat(judgement.reason()).contains("got a wrong byte");
      judgement = hold("tls://" + refuses.address(), TLS);
      assertThat(judgement.outcome()).isEqualTo(Outcome.FAIL);
      assertThat(judgement.figures()).containsEntry("served", PlantedServer.REFUSED_BEYOND);
    }
  }

  @Test
  void shouldPutLoadOnAServerOfTls() throws IOException {
    assumeTrue(speaksTls, "needs OpenSSL: apt-get install libssl-dev");
    try (PlantedServer server = PlantedServer.tls(Fault.NONE, false);
        PlantedServer starves = PlantedServer.tls(Fault.STARVES, false)) {
      Judgement judgement = load("tls://" + server.address(), Gate.CPU);
      assertThat(judgement.reason()).contains("nothing to compare it with: c-uring speaks no TLS");
      assertThat((Double) judgement.figures().get("cpu_micros_per_request")).isPositive();
      judgement = load("tls://" + starves.address(), Gate.FAIRNESS);
      assertThat(judgement.outcome()).as(judgement.reason()).isEqualTo(Outcome.FAIL);
      assertThat(judgement.figures()).containsEntry("least_answers", 0L);
    }
  }

  @Test
  void shouldJudgeAServerOfIpv6() throws IOException {
    assumeTrue(Files.exists(Path.of("/proc/net/if_inet6")), "no IPv6 here");
    try (PlantedServer server = PlantedServer.v6(Fault.NONE);
        PlantedServer starves = PlantedServer.v6(Fault.STARVES)) {
      assertThat(Target.of(server.address()).processes())
          .containsExactly(ProcessHandle.current().pid());
      Judgement judgement = hold(server.address(), OPTIONS);
      assertThat(judgement.figures()).as(judgement.reason()).containsEntry("served", HELD);
      judgement = load(starves.address(), Gate.FAIRNESS);
      assertThat(judgement.outcome()).as(judgement.reason()).isEqualTo(Outcome.FAIL);
    }
  }

  // ---- finding it

  @Test
  void shouldFindOutWhatATargetSpeaksAndWhoServesIt() throws IOException {
    try (PlantedServer echo = PlantedServer.echo(Fault.NONE);
        PlantedServer http = PlantedServer.http()) {
      Target target = Target.of(echo.address());
      assertThat(target.protocol()).isEqualTo(Target.Protocol.ECHO);
      assertThat(target.processes()).containsExactly(ProcessHandle.current().pid());
      assertThat(Target.of(http.address()).protocol()).isEqualTo(Target.Protocol.HTTP);
      long own = ProcessHandle.current().pid();
      assertThat(Target.of(Long.toString(own)).processes()).contains(own);
    }
  }

  @Test
  void shouldSayWhatIsWrongWithATarget() throws IOException {
    assertThatThrownBy(() -> Target.of("nonsense"))
        .isInstanceOf(WrongInputException.class)
        .hasMessageContaining("a target is HOST:PORT");
    assertThatThrownBy(() -> Target.of("::1:80"))
        .isInstanceOf(WrongInputException.class)
        .hasMessageContaining("an address of IPv6 stands in brackets");
    try (PlantedServer server = PlantedServer.echo(Fault.NONE)) {
      assertThatThrownBy(() -> Target.of("tls://" + server.address()))
          .isInstanceOf(LabException.class)
          .hasMessageContaining("does not answer");
    }
    assertThatThrownBy(() -> Target.of("999999999")).hasMessage("there is no process 999999999");
    assertThatThrownBy(() -> Target.of("127.0.0.1:1"))
        .isInstanceOf(LabException.class)
        .hasMessageContaining("does not answer");
  }

  @Test
  void shouldReadWhoListens() {
    List<Listeners.Listener> found =
        Listeners.parse(
            List.of(
                "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid",
                "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 0 0 0 4711 1 0",
                "   1: 0100007F:1F91 0100007F:9999 01 00000000:00000000 00:00000000 0 0 0 4712 1 0",
                "   2: 00000000000000000000000000000000:0050 0:0 0A 0:0 00:0 0 0 0 4713 1 0",
                "   3: 0000000000000000FFFF00000500A8C0:0051 0:0 0A 0:0 00:0 0 0 0 4714 1 0",
                "   4: 00000000000000000000000001000000:0052 0:0 0A 0:0 00:0 0 0 0 4715 1 0"));
    assertThat(found)
        .containsExactly(
            new Listeners.Listener(List.of("127.0.0.1"), 8080, "4711"),
            new Listeners.Listener(List.of("127.0.0.1", "::1"), 80, "4713"),
            new Listeners.Listener(List.of("192.168.0.5"), 81, "4714"),
            new Listeners.Listener(List.of("0:0:0:0:0:0:0:1"), 82, "4715"));
  }

  @Test
  void shouldKnowHowManyPortsThereAre() {
    assertThat(Holder.portRange("32768\t60999\n")).isEqualTo(28_232);
    assertThat(Holder.portRange("32768\n")).isEqualTo(28_000); // half of it: as usual
  }

  @Test
  void shouldReadTheLimitOfAServer() {
    assertThat(Holder.softLimit(List.of("Max open files            1024     524288    files")))
        .isEqualTo(1024);
    assertThat(Holder.softLimit(List.of("Max open files     unlimited    unlimited    files")))
        .isEqualTo(Long.MAX_VALUE);
  }
}
