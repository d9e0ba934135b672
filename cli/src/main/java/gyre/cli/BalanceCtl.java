package gyre.cli;

import gyre.balancer.ControlClient;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code gyre balance ctl}: tells a running balancer something, or asks it. */
@Command(
    name = "ctl",
    description = {
      "Asks or tells a running balancer by its control socket, and prints its answer as JSON.",
      "Commands: list | stats | events | reload | stop | drain POOL/TARGET | maintenance POOL/TARGET"
          + " | ready POOL/TARGET | weight POOL/TARGET N | add POOL HOST:PORT [KEY=VALUE...]"
          + " | remove POOL/TARGET"
    },
    mixinStandardHelpOptions = true)
final class BalanceCtl implements Callable<Integer> {
  private static final Map<String, List<String>> WORDS =
      Map.ofEntries(
          Map.entry("list", List.of()),
          Map.entry("stats", List.of()),
          Map.entry("events", List.of()),
          Map.entry("reload", List.of()),
          Map.entry("stop", List.of()),
          Map.entry("drain", List.of("target")),
          Map.entry("maintenance", List.of("target")),
          Map.entry("ready", List.of("target")),
          Map.entry("weight", List.of("target", "weight")),
          Map.entry("add", List.of("pool", "address")),
          Map.entry("remove", List.of("target")));

  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--control",
      paramLabel = "SOCKET",
      defaultValue = "balance.sock",
      description = "The balancer's control socket. Default: ${DEFAULT-VALUE}")
  private Path control = Path.of("balance.sock");

  @Parameters(paramLabel = "COMMAND", arity = "1..*", description = "See above.")
  private List<String> words = new ArrayList<>();

  @Override
  public Integer call() throws IOException {
    String answer = ControlClient.ask(control, request());
    PrintWriter out = spec.commandLine().getOut();
    out.println(answer);
    out.flush();
    return answer.startsWith("{\"ok\":true") ? 0 : 1;
  }

  private Map<String, String> request() {
    String command = words.getFirst();
    List<String> needed = WORDS.get(command);
    if (needed == null) {
      throw wrong(
          "unknown command '"
              + command
              + "'; commands: "
              + String.join(", ", WORDS.keySet().stream().sorted().toList()));
    }
    if (words.size() <= needed.size()) {
      throw wrong(command + " needs: " + String.join(" ", needed));
    }
    Map<String, String> request = new LinkedHashMap<>();
    request.put("command", command);
    for (int i = 0; i < needed.size(); i++) {
      request.put(needed.get(i), words.get(i + 1));
    }
    for (String each : words.subList(needed.size() + 1, words.size())) {
      int sign = each.indexOf('=');
      if (sign <= 0) {
        throw wrong("'" + each + "' is not KEY=VALUE");
      }
      request.put(each.substring(0, sign), each.substring(sign + 1));
    }
    return request;
  }

  private ParameterException wrong(String what) {
    return new ParameterException(spec.commandLine(), what);
  }
}
