package gyre.lab.round;

import com.grack.nanojson.JsonArray;
import com.grack.nanojson.JsonObject;
import gyre.lab.LabException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The steps that ask an agent. What it answers is an offer: whether it may be taken is checked
 * here.
 */
final class Asking {
  private static final Pattern FENCE =
      Pattern.compile(
          "^```(?:diff|patch)?[ \\t]*\\n((?:diff --git |--- ).*?)^```",
          Pattern.MULTILINE | Pattern.DOTALL);
  private static final Set<String> IMPLEMENTATION = Set.of("summary", "decisions");
  private static final int DIFF_LIMIT_CHARS = 100_000;
  private static final int SOURCE_LIMIT_BYTES = 100_000;

  private final RoundContext context;
  private final RoundFolder folder;

  Asking(RoundContext context) {
    this.context = context;
    this.folder = context.folder();
  }

  /** Three proposals, and what is to be said against them. */
  void propose() {
    Profile profile = context.profile(Measuring.PROFILE);
    Set<String> tried = context.log().tried(context.target().name(), folder.id());
    JsonArray array = new JsonArray();
    Set<String> said = new java.util.HashSet<>();
    for (String proposer : Variant.NAMES) {
      String answer = ask("propose-" + proposer, "propose", proposer, knowledge());
      Proposal proposal = Proposal.parse(proposer, answer);
      Optional<String> refusal =
          proposal
              .refusal(context.target(), context.rules(), profile, tried)
              .or(() ->
                  said.add(proposal.key())
                      ? Optional.empty()
                      : Optional.of("another proposer said the same"));
      JsonObject object = new JsonObject();
      object.put("proposer", proposer);
      object.put("key", proposal.key());
      object.put("refusal", refusal.orElse(""));
      array.add(object);
      context.say(
          "proposal %s (%s) %s"
              .formatted(
                  proposer,
                  proposal.technique(),
                  refusal.map(r -> "refused: " + r).orElse("stands")));
    }
    JsonObject object = new JsonObject();
    object.put("proposals", array);
    folder.write("proposals.json", object);
  }

  private Optional<String> refusal(String proposer) {
    for (Object each : folder.json("proposals.json").getArray("proposals")) {
      JsonObject object = (JsonObject) each;
      if (object.getString("proposer", "").equals(proposer)) {
        return Optional.of(object.getString("refusal", ""));
      }
    }
    return Optional.empty();
  }

  /** One of them, or none. */
  void choose() {
    StringBuilder offers = new StringBuilder(knowledge());
    for (String proposer : Variant.NAMES) {
      offers
          .append("\n## Proposal ")
          .append(proposer)
          .append("\n\n")
          .append(folder.read(answer("propose-" + proposer)))
          .append('\n');
      refusal(proposer)
          .filter(why -> !why.isEmpty())
          .ifPresent(
              why -> offers.append("\nREFUSED, so it cannot win: ").append(why).append('\n'));
    }
    String ignored = ask("chair", "chair", "", offers.toString());
    Fields decision = Rulings.chairs(folder);
    String winner = Rulings.winner(decision);
    if (!refusal(winner).equals(Optional.of(""))) {
      return; // none, one that was refused, or one that nobody proposed
    }
    String proposal = folder.read(answer("propose-" + winner));
    Proposal chosen = Proposal.parse(winner, proposal);
    JsonObject object = new JsonObject();
    object.put("winner", winner);
    object.put("key", chosen.key());
    object.put("technique", chosen.technique());
    object.put("hypothesis", chosen.hypothesis());
    object.put("reasoning", decision.text("reasoning"));
    object.put("proposal", Seal.hash(proposal.getBytes(StandardCharsets.UTF_8)));
    folder.write("decision.json", object);
    context.say("the chair chose " + winner);
  }

  /** What was chosen. */
  static Proposal chosen(RoundFolder folder) {
    JsonObject decision = folder.json("decision.json");
    String winner = decision.getString("winner", "");
    String proposal = folder.read(answer("propose-" + winner));
    String hash = Seal.hash(proposal.getBytes(StandardCharsets.UTF_8));
    if (!decision.getString("proposal", hash).equals(hash)) {
      throw new LabException(
          folder.file(answer("propose-" + winner)) + " is not the proposal that the chair chose");
    }
    return Proposal.parse(winner, proposal);
  }

  /** Three diffs of it. */
  void implement() {
    Proposal chosen = chosen(folder);
    String task =
        """
        Hypothesis: %s

        Technique: %s

        Symbols: %s

        Files that may be changed: %s
        %s
        """
            .formatted(
                chosen.hypothesis(),
                chosen.technique(),
                String.join(", ", chosen.symbols()),
                context.target().allow(),
                sources(chosen));
    List<Variant> variants = new ArrayList<>();
    for (String name : Variant.NAMES) {
      String answer = ask("implement-" + name, "implement", name, task);
      String summary = Fields.parse(answer, IMPLEMENTATION).text("summary");
      Optional<String> diff = diff(answer);
      diff.ifPresent(text -> folder.write(Variant.diff(name), text));
      variants.add(
          diff.isPresent()
              ? new Variant(name, summary, Variant.Outcome.WRITTEN, "")
              : new Variant(
                  name, summary, Variant.Outcome.NO_DIFF, "no usable diff in the answer"));
    }
    Variant.write(folder, variants);
  }

  /** The first fenced diff of an answer. */
  static Optional<String> diff(String answer) {
    Matcher matcher = FENCE.matcher(answer);
    return matcher.find() && matcher.group(1).length() <= DIFF_LIMIT_CHARS
        ? Optional.of(matcher.group(1))
        : Optional.empty();
  }

  private String sources(Proposal chosen) {
    StringBuilder text = new StringBuilder();
    Path root = context.work().base().root();
    for (String name : chosen.files()) {
      Path file = root.resolve(name);
      try {
        if (Files.isRegularFile(file) && Files.size(file) <= SOURCE_LIMIT_BYTES) {
          text.append("\n## ").append(name).append("\n\n```\n");
          text.append(Files.readString(file)).append("\n```\n");
        }
      } catch (IOException e) {
        throw new LabException("cannot read " + file + ": " + e.getMessage(), e);
      }
    }
    return text.toString();
  }

  /** What proposers and the chair have to know. */
  private String knowledge() {
    Profile profile = context.profile(Measuring.PROFILE);
    StringBuilder text = new StringBuilder();
    section(text, "Profile of the base", profile.text());
    text.append("\nBottleneck: ").append(profile.bottleneck()).append('\n');
    section(text, "Noise of the base against itself", new Measuring(context).floors());
    Path rules = context.target().rules();
    for (String name : List.of("playbook.toml", "hot-methods.toml", "non-starters.toml")) {
      section(text, name, new RoundFolder(rules).readIfThere(name).orElse(""));
    }
    section(text, "What was tried before", context.log().summary());
    section(text, "What was learned", context.log().memory().index());
    return text.toString();
  }

  private static void section(StringBuilder text, String title, String body) {
    text.append("\n## ").append(title).append("\n\n").append(body.strip()).append('\n');
  }

  static String answer(String question) {
    return "answers/" + question + ".md";
  }

  /** Asks, once: an answer that is there already is taken, since each costs money. */
  private String ask(String name, String skill, String role, String knowledge) {
    Optional<String> before = folder.readIfThere(answer(name));
    if (before.isPresent()) {
      return before.get();
    }
    String prompt =
        context.log().skill(skill).replace("{role}", role)
            + "\n# What you have to know\n"
            + knowledge;
    Agent agent = context.agent().get();
    Agent.Answer answer =
        agent.ask(new Agent.Question(name, prompt, context.target().models().of(name)));
    if (answer.text().isBlank()) { // as of one that was killed behind a pipe
      throw new LabException(
          "AGENT=%s answered %s with nothing, so it is asked again when the round goes on"
              .formatted(agent.label(), name));
    }
    // First the ledger: if this ends in between, the question is asked, and paid for, twice.
    context.log().ledger().add(folder.id(), name, agent, answer, context.clock().instant());
    new RoundFolder(context.work().folder()).write("prompts/" + name + ".md", prompt);
    folder.write(answer(name), answer.text());
    return answer.text();
  }
}
