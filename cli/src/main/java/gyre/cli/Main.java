package gyre.cli;

import java.io.PrintWriter;
import java.nio.charset.Charset;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;

/**
 * The {@code gyre} command. A new subcommand is a class in this package and a line in the list
 * below; what it does belongs to the module that it is about.
 *
 * <p>Reading the annotations of a command takes a noticeable part of the start-up, so only those of
 * the command that was typed are read; all of them where none was, for the help.
 */
@Command(
    name = "gyre",
    description = "One loop for everything that waits.",
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    synopsisSubcommandLabel = "COMMAND")
public final class Main {
  private static final Map<String, Supplier<Object>> COMMANDS = new LinkedHashMap<>();

  static {
    COMMANDS.put("serve", Serve::new);
    COMMANDS.put("http", HttpCommand::new);
    COMMANDS.put("queue", QueueCommand::new);
    COMMANDS.put("balance", BalanceCommand::new);
    COMMANDS.put("lab", LabCommand::new);
    COMMANDS.put("sim", SimCommand::new);
    COMMANDS.put("top", Top::new);
    COMMANDS.put("dump", Dump::new);
    COMMANDS.put("trace", TraceCommand::new);
    COMMANDS.put("doctor", DoctorCommand::new);
    COMMANDS.put("gates", GatesCommand::new);
    COMMANDS.put("profile", ProfileCommand::new);
    COMMANDS.put("new", NewCommand::new);
    COMMANDS.put("test", Test::new);
  }

  Main() {}

  public static void main(String[] arguments) {
    String encoding = System.getProperty("sun.jnu.encoding", "UTF-8");
    if (isMisread(List.of(arguments), encoding)) {
      System.err.println(
          "gyre: an argument has letters that this JVM cannot read, because its locale has "
              + encoding
              + " alone: set LC_ALL=C.UTF-8");
      System.exit(CommandLine.ExitCode.USAGE);
    }
    String typed = arguments.length == 0 ? "" : arguments[0];
    CommandLine line = COMMANDS.containsKey(typed) ? commandLine(Set.of(typed)) : commandLine();
    System.exit(execute(line, arguments, Output.standard(), System.out.charset()));
  }

  /** The code is not 0 where not all was printed. */
  static int execute(CommandLine line, String[] arguments, Output output, Charset charset) {
    PrintWriter out = output.writer(charset);
    int code = line.setOut(out).execute(arguments);
    out.flush();
    String complaint = output.complaint();
    if (complaint == null) {
      return code;
    }
    line.getErr().println("gyre: " + complaint);
    line.getErr().flush();
    return code == 0 ? CommandLine.ExitCode.SOFTWARE : code;
  }

  /** What a JVM cannot read it replaces in silence; better no entry than a wrong one. */
  static boolean isMisread(List<String> arguments, String encoding) {
    return !encoding.equals("UTF-8")
        && arguments.stream().anyMatch(each -> each.contains("\uFFFD"));
  }

  static CommandLine commandLine() {
    return commandLine(COMMANDS.keySet());
  }

  private static CommandLine commandLine(Set<String> names) {
    CommandLine line = new CommandLine(new Main());
    COMMANDS.forEach((name, command) -> {
      if (names.contains(name)) {
        line.addSubcommand(name, command.get());
      }
    });
    return line.setParameterExceptionHandler(Complaints::ofUsage)
        .setExecutionExceptionHandler(Complaints::ofExecution);
  }

  /** The version in the jar's manifest, and what it runs on: both belong into a report. */
  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      String version = Main.class.getPackage().getImplementationVersion();
      return new String[] {
        "gyre " + (version == null ? "(not from a jar)" : version) + ", JDK " + Runtime.version()
      };
    }
  }
}
