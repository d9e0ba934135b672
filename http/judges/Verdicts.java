import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Counts the verdicts of Autobahn's index, prints those that are not OK, and fails if one failed. */
class Verdicts {
  private static final Pattern CASE =
      Pattern.compile("\"([0-9.]+)\":\\s*\\{([^}]*)\\}", Pattern.DOTALL);
  private static final Pattern VERDICT =
      Pattern.compile("\"(behavior|behaviorClose)\":\\s*\"([A-Z -]+)\"");

  public static void main(String[] arguments) throws Exception {
    Map<String, Integer> counts = new TreeMap<>();
    boolean hasFailed = false;
    Matcher cases = CASE.matcher(Files.readString(Path.of(arguments[0], "index.json")));
    while (cases.find()) {
      String worst = "OK";
      Matcher verdicts = VERDICT.matcher(cases.group(2));
      while (verdicts.find()) {
        worst = verdicts.group(2).equals("OK") ? worst : verdicts.group(2);
      }
      counts.merge(worst, 1, Integer::sum);
      if (!worst.equals("OK")) {
        System.out.println(cases.group(1) + " " + worst);
        hasFailed |= !worst.equals("INFORMATIONAL") && !worst.equals("NON-STRICT");
      }
    }
    System.out.println(arguments[0] + ": " + counts);
    System.exit(hasFailed || counts.isEmpty() ? 1 : 0);
  }
}
