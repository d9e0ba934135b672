package gyre.cli;

import static java.util.stream.Collectors.joining;

import gyre.queue.Inspection.Item;
import gyre.queue.Inspection.Place;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code gyre queue list}: entries of some places. */
@Command(name = "list", description = "Lists entries.", mixinStandardHelpOptions = true)
final class QueueList implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private QueueDirectory directory = new QueueDirectory();

  @Option(
      names = "--limit",
      paramLabel = "N",
      defaultValue = "100",
      description = "At most so many. Default: ${DEFAULT-VALUE}")
  private int limit = 100;

  @Parameters(
      paramLabel = "PLACE",
      description = "pending, delayed, processing, failed, completed. Default: all but completed")
  private List<String> places = new ArrayList<>();

  @Override
  public Integer call() {
    List<Place> chosen =
        places.isEmpty()
            ? List.of(Place.PROCESSING, Place.PENDING, Place.DELAYED, Place.FAILED)
            : places.stream().map(this::place).toList();
    print(spec.commandLine().getOut(), directory.inspect().search(chosen, "", Math.max(1, limit)));
    return 0;
  }

  private Place place(String name) {
    return Arrays.stream(Place.values())
        .filter(each -> name(each).equals(name))
        .findFirst()
        .orElseThrow(() ->
            new ParameterException(
                spec.commandLine(),
                "'"
                    + name
                    + "' is no place; places: "
                    + Arrays.stream(Place.values()).map(QueueList::name).collect(joining(", "))));
  }

  static String name(Place place) {
    return place.name().toLowerCase(Locale.ROOT);
  }

  static void print(PrintWriter out, List<Item> items) {
    for (Item each : items) {
      out.printf(
          "%-10s %2d  %s  %s%n",
          name(each.place()),
          each.priority(),
          each.id(),
          each.error().isEmpty() ? brief(each.content()) : each.error());
    }
    out.flush();
  }

  private static String brief(String content) {
    String line = content.replaceAll("\\s+", " ");
    return line.length() <= 100 ? line : line.substring(0, 97) + "...";
  }
}
