package gyre.lab.program;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import gyre.lab.peer.Peer;
import gyre.lab.race.Bench;
import gyre.lab.race.Pace;
import gyre.lab.race.Plan;
import gyre.lab.race.Progress;
import gyre.lab.race.Race;
import gyre.lab.race.Tools;
import gyre.lab.result.Entry;
import gyre.lab.result.Entry.Status;
import gyre.lab.result.Sample;
import gyre.lab.workload.Workloads;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A whole race, as small as one can be, against programs of the JDK alone. */
@Timeout(120)
class RaceEndToEndTest {
  private static final Plan.Room ROOM = new Plan.Room(4L << 30, 1000);
  private static final Pace TINY = new Pace(2, 0, 5, 60, 30, 1, 60);

  @TempDir private static Path folder;

  private static List<String> generator = List.of();

  @BeforeAll
  static void buildTheGenerator() throws IOException, InterruptedException {
    Path program = folder.resolve("gen");
    boolean built = compile(Path.of("../gen"), program);
    assumeTrue(built, "the load generator needs a C compiler: apt-get install gcc libc6-dev");
    generator = List.of(program.toString());
  }

  private static boolean compile(Path sources, Path program)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("cc", "-O1", "-std=gnu11", "-pthread", "-o"));
    command.add(program.toString());
    try (Stream<Path> files = Files.list(sources.toAbsolutePath().normalize())) {
      files.map(Path::toString).filter(name -> name.endsWith(".c")).forEach(command::add);
    }
    Path errors = folder.resolve("errors");
    try {
      ProcessBuilder compiler = new ProcessBuilder(command).redirectErrorStream(true);
      return compiler.redirectOutput(errors.toFile()).start().waitFor() == 0;
    } catch (IOException e) {
      return false;
    }
  }

  private static Peer peer(String name, String... words) {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                "gyre.lab.program.Main"));
    command.addAll(List.of(words));
    List<String> modes = List.of("echo", "events", "cascade");
    return new Peer(name, Peer.Platform.JVM, command, modes, "", "");
  }

  private static List<Entry> race(String workload, Peer... peers) {
    return race(List.of(workload), peers);
  }

  private static List<Entry> race(List<String> workloads, Peer... peers) {
    Plan plan = Plan.of(Workloads.select(workloads), List.of(peers), TINY, Plan.LONGEST, ROOM);
    Bench bench = new Bench(generator, false, 20_000, Tools.NONE);
    PrintStream silence =
        new PrintStream(OutputStream.nullOutputStream(), true, StandardCharsets.UTF_8);
    return new Race(plan, bench, new Progress(silence, false, 1)).run();
  }

  @Test
  void shouldMeasureAServer() {
    Entry entry = race("echo/1x64x1", peer("nio", "nio")).getFirst();
    assertThat(entry.status()).as(entry.note()).isEqualTo(Status.MEASURED);
    assertThat(entry.note()).contains("still being compiled"); // a tiny race has no time for that
    assertThat(entry.samples()).extracting(Sample::round).containsExactly(0, 1);
    assertThat(entry.samples()).allMatch(sample -> sample.operations() > 0 && sample.errors() == 0);
    assertThat(entry.probe().allocatedBytesPerOperation()).isNotNaN();
    assertThat(entry.latency().isEmpty()).isFalse();
  }

  /** As the server for Gyre that {@code gyre new} writes. */
  @Test
  void shouldWarmAForeignProgramAndSayHow() {
    Peer ours = peer("foreign", "nio");
    Peer foreign =
        new Peer("foreign", Peer.Platform.FOREIGN_JVM, ours.command(), ours.modes(), "", "");
    Entry entry = race("echo/1x64x1", foreign).getFirst();
    assertThat(entry.status()).as(entry.note()).isEqualTo(Status.MEASURED);
    assertThat(entry.note()).contains("warmed by this workload: ");
    assertThat(entry.probe().allocatedBytesPerOperation()).isNaN(); // it is not asked
  }

  @Test
  void shouldKeepAWarmServerForTheNextWorkload() throws IOException {
    Path starts = folder.resolve("starts");
    Path script = folder.resolve("counted");
    String command = String.join("' '", peer("nio", "nio").command());
    Files.writeString(
        script, "#!/bin/sh\necho >> '%s'\nexec '%s' \"$@\"\n".formatted(starts, command));
    assertThat(script.toFile().setExecutable(true)).isTrue();
    List<String> modes = List.of("echo");
    Peer counted =
        new Peer("counted", Peer.Platform.JVM, List.of(script.toString()), modes, "", "");
    List<Entry> entries = race(List.of("echo/1x64x1", "echo/50x64x1", "connect"), counted);
    assertThat(entries).hasSize(3).allMatch(Entry::isMeasured);
    assertThat(Files.readAllLines(starts)).hasSize(1);
  }

  @Test
  void shouldMeasureAProgramThatDrivesItself() {
    Entry entry = race("events/100x1x100", peer("nio", "nio")).getFirst();
    assertThat(entry.status()).as(entry.note()).isEqualTo(Status.MEASURED);
    assertThat(entry.samples()).allMatch(sample -> sample.operations() > 0);
  }

  @Test
  void shouldGoOnWithTheOthersWhenOneEnds() {
    List<Entry> entries = race("echo/1x64x1", peer("broken", "nobody"), peer("nio", "nio"));
    assertThat(entries).extracting(Entry::peer).containsExactly("broken", "nio");
    assertThat(entries.getFirst().status()).isEqualTo(Status.FAILED);
    assertThat(entries.getFirst().note()).contains("exit code 2").contains("no peer 'nobody'");
    assertThat(entries.getLast().isMeasured()).isTrue();
  }

  /** {@code liar WHAT} is told to serve; what the lab adds to the command it takes for options. */
  @Test
  void shouldMarkAPeerThatAnswersWrongly() throws IOException, InterruptedException {
    Path liar = folder.resolve("liar");
    compile(Path.of("../gen/liar"), liar);
    Path script = folder.resolve("lies");
    Files.writeString(script, "#!/bin/sh\nexec '" + liar + "' flip\n");
    assertThat(script.toFile().setExecutable(true)).isTrue();
    Peer wrong = nativePeer("wrong", script.toString());
    List<Entry> entries = race("echo/1x64x1", wrong, peer("nio", "nio"));
    assertThat(entries.getFirst().status()).isEqualTo(Status.WRONG);
    assertThat(entries.getFirst().note()).contains("answered wrongly").contains("a wrong byte");
    assertThat(entries.getLast().isMeasured()).isTrue();
  }

  @Test
  void shouldTellTheLastWordsOfAServerThatEndsWhileItIsAsked() throws IOException {
    Path script = folder.resolve("ends");
    Files.writeString(
        script,
        """
        #!/bin/sh
        %s "$@" &
        server=$!
        exec >&-
        sleep 0.5
        kill -9 $server
        echo 'out of luck' >&2
        exit 7
        """
            .formatted(quoted(peer("nio", "nio").command())));
    assertThat(script.toFile().setExecutable(true)).isTrue();
    Entry entry = race("echo/1x64x1", nativePeer("ends", script.toString())).getFirst();
    assertThat(entry.status()).isEqualTo(Status.FAILED);
    assertThat(entry.note()).contains("exit code 7").contains("out of luck");
  }

  private static String quoted(List<String> words) {
    return words.stream().map(word -> "'" + word + "'").collect(Collectors.joining(" "));
  }

  private static Peer nativePeer(String name, String command) {
    return new Peer(
        name, Peer.Platform.NATIVE, List.of(command), List.of("echo", "events"), "", "");
  }

  @Test
  void shouldTellWhatIsNotOffered() {
    Entry entry = race("events/100x1x100", peer("vthreads", "vthreads")).getFirst();
    assertThat(entry.status()).isEqualTo(Status.ABSENT);
    assertThat(entry.note()).contains("does not offer 'events'");
  }
}
