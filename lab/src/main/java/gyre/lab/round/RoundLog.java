package gyre.lab.round;

import gyre.lab.LabException;
import gyre.lab.WrongInputException;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The folder {@code lab/rounds}: skills, targets, and the log of all rounds, each in a folder that
 * is never changed when it is over. Whatever counts rounds is made from that anew each time.
 */
final class RoundLog {
  static final String ENTRY = "entry.md";
  static final String REVOKED = "revoked.md";
  private static final Pattern ID = Pattern.compile("EXP-([0-9]{3,6})");
  private static final Pattern HEADING =
      Pattern.compile("^# (EXP-[0-9]+) · (\\S+) · ([a-z]+) · (\\S+)$");
  private static final int TRIES = 100;

  private final Path home;

  RoundLog(Path home) {
    this.home = home;
  }

  /** A round that is over, as its entry says. */
  record Entry(String id, String target, Verdict verdict, String date, String reason) {}

  Path targets() {
    return home.resolve("targets");
  }

  Ledger ledger() {
    return new Ledger(home.resolve("ledger.tsv"));
  }

  Memory memory() {
    return new Memory(home.resolve("memory"));
  }

  /** The text of a prompt. */
  String skill(String name) {
    return new RoundFolder(home.resolve("skills")).read(name + ".md");
  }

  /** One more than the greatest that was ever given, wherever a trace of it is left. */
  RoundFolder create() {
    for (int i = 0; i < TRIES; i++) {
      Path folder = home.resolve("log").resolve("EXP-%03d".formatted(greatest() + 1));
      try {
        Files.createDirectories(folder.getParent());
        return new RoundFolder(Files.createDirectory(folder));
      } catch (FileAlreadyExistsException e) {
        // Somebody else was quicker.
      } catch (IOException e) {
        throw new LabException("cannot write into " + home + ": " + e.getMessage(), e);
      }
    }
    throw new LabException("no id is free in " + home);
  }

  private int greatest() {
    Set<String> ids = new HashSet<>(memory().files());
    folders().forEach(folder -> ids.add(folder.id()));
    ledger().rows().forEach(row -> ids.add(row.split("\t", 2)[0]));
    int greatest = 0;
    for (String id : ids) {
      Matcher matcher = ID.matcher(id.replace(".md", ""));
      if (matcher.matches()) {
        greatest = Math.max(greatest, Integer.parseInt(matcher.group(1)));
      }
    }
    return greatest;
  }

  RoundFolder folder(String id) {
    RoundFolder folder = new RoundFolder(home.resolve("log").resolve(id));
    if (!ID.matcher(id).matches() || !Files.isDirectory(folder.path())) {
      throw new WrongInputException("there is no round '" + id + "'; ./gyre lab round list");
    }
    return folder;
  }

  /** All rounds in their order. */
  List<RoundFolder> folders() {
    Path log = home.resolve("log");
    if (!Files.isDirectory(log)) {
      return List.of();
    }
    try (Stream<Path> all = Files.list(log)) {
      return all.filter(Files::isDirectory)
          .map(RoundFolder::new)
          .filter(folder -> ID.matcher(folder.id()).matches())
          .sorted(java.util.Comparator.comparing(RoundFolder::id))
          .toList();
    } catch (IOException e) {
      throw new LabException("cannot read " + log + ": " + e.getMessage(), e);
    }
  }

  static String heading(String id, RoundState state, Ruling ruling) {
    return "# %s · %s · %s · %s"
        .formatted(id, state.target(), ruling.verdict().label(), state.date());
  }

  /** How it ended; empty where it has not. */
  static Optional<Entry> entry(RoundFolder folder) {
    Optional<String> text = folder.readIfThere(ENTRY);
    if (text.isEmpty()) {
      return Optional.empty();
    }
    List<String> lines = text.get().lines().toList();
    Matcher matcher = HEADING.matcher(lines.isEmpty() ? "" : lines.getFirst());
    if (!matcher.matches() || !matcher.group(1).equals(folder.id())) {
      throw new LabException(folder.file(ENTRY) + " does not begin with '# ID · target · verdict'");
    }
    boolean isRevoked = folder.has(REVOKED);
    String reason = lines.stream().skip(1).filter(line -> !line.isBlank()).findFirst().orElse("");
    return Optional.of(
        new Entry(
            folder.id(),
            matcher.group(2),
            isRevoked ? Verdict.REVOKED : Verdict.named(matcher.group(3)),
            matcher.group(4),
            isRevoked ? folder.read(REVOKED).lines().findFirst().orElse("") : reason));
  }

  /** All that are over. */
  List<Entry> entries() {
    return folders().stream().map(RoundLog::entry).flatMap(Optional::stream).toList();
  }

  /** An acceptance was a mistake: that is added, and nothing taken away. */
  void revoke(String id, String why, LocalDate date) {
    RoundFolder folder = folder(id);
    Verdict verdict =
        entry(folder)
            .map(Entry::verdict)
            .orElseThrow(() -> new WrongInputException(id + " is not over"));
    if (verdict != Verdict.ACCEPTED) {
      throw new WrongInputException(id + " is " + verdict.label() + ", so nothing can be revoked");
    }
    if (why.isBlank()) {
      throw new WrongInputException("--why is needed: the next one has to know");
    }
    folder.write(REVOKED, "%s: %s%n".formatted(date, why.strip()));
    memory().put(id, "revoked: " + why, "Revoked on " + date + ": " + why);
    refresh();
  }

  /** What was tried to an end for a target: technique and symbols. */
  Set<String> tried(String target, String butNot) {
    Set<String> keys = new TreeSet<>();
    for (RoundFolder folder : folders()) {
      Optional<Entry> entry = entry(folder);
      boolean isOver =
          entry.isPresent()
              && entry.get().verdict() != Verdict.PARKED
              && entry.get().verdict() != Verdict.NONE;
      if (isOver
          && !folder.id().equals(butNot)
          && entry.get().target().equals(target)
          && folder.has("decision.json")) {
        keys.add(folder.json("decision.json").getString("key", ""));
      }
    }
    return keys;
  }

  /** The profile of the same commit from an earlier round, as nothing has changed since. */
  Optional<String> profileOf(RoundFolder now, RoundState state) {
    return folders().stream()
        .filter(folder -> !folder.id().equals(now.id()))
        .filter(folder -> RoundState.isThere(folder) && folder.has(Measuring.PROFILE))
        .filter(folder -> {
          RoundState other = RoundState.read(folder);
          return other.base().equals(state.base()) && other.settings().equals(state.settings());
        })
        .filter(folder -> Evidence.isThere(folder))
        .filter(folder -> Evidence.read(folder).changed(folder, Set.of()).isEmpty())
        .map(folder -> folder.read(Measuring.PROFILE))
        .filter(text -> Profile.parse(text).isKnown())
        .reduce((_, last) -> last);
  }

  String summary() {
    return Summary.of(entries(), folders().size()).text();
  }

  /** Writes anew what is made of the log. */
  void refresh() {
    RoundFolder folder = new RoundFolder(home);
    folder.write("SUMMARY.md", summary());
    folder
        .readIfThere("README.md")
        .ifPresent(
            text -> folder.write("README.md", Summary.of(entries(), folders().size()).into(text)));
  }

  /** What does not agree with the log. */
  List<String> problems() {
    List<String> problems = new ArrayList<>();
    RoundFolder folder = new RoundFolder(home);
    Summary summary = Summary.of(entries(), folders().size());
    if (!folder.readIfThere("SUMMARY.md").orElse("").equals(summary.text())) {
      problems.add("SUMMARY.md is not what the log says: ./gyre lab round summary");
    }
    String readme = folder.readIfThere("README.md").orElse("");
    if (!summary.into(readme).equals(readme) || !readme.contains(summary.counts())) {
      problems.add("the counts of README.md are not what the log says: ./gyre lab round summary");
    }
    problems.addAll(memory().problems());
    for (Entry entry : entries()) {
      problems(entry).forEach(problem -> problems.add(entry.id() + problem));
    }
    return problems;
  }

  /** What an entry says that its files do not. */
  private List<String> problems(Entry entry) {
    RoundFolder round = folder(entry.id());
    if (!RoundState.isThere(round)) {
      return List.of(" has an entry and no state.json, so nothing says how it ended");
    }
    List<String> problems = new ArrayList<>();
    try {
      problems.addAll(ruling(entry, round));
      Evidence.read(round)
          .changed(round, Set.of())
          .forEach(name -> problems.add(": " + name + " is not as the round left it"));
    } catch (LabException | IllegalArgumentException | java.util.NoSuchElementException e) {
      problems.add(" cannot be counted again: " + e.getMessage());
    }
    return problems;
  }

  private static List<String> ruling(Entry entry, RoundFolder round) {
    List<String> problems = new ArrayList<>();
    Ruling said = said(round);
    RoundState state = RoundState.read(round);
    Ruling ended = state.ruling().orElse(new Ruling(Verdict.NONE, ""));
    if (!said.equals(ended.inOneLine())) {
      problems.add(" says '%s', and its state '%s'".formatted(said, ended.inOneLine()));
    }
    if (!Evidence.isThere(round)) {
      // Rounds are older than their evidence; none of those was accepted.
      if (said.verdict() == Verdict.ACCEPTED) {
        problems.add(" is accepted without " + Evidence.FILE);
      }
      return problems;
    }
    Ruling counted =
        Rulings.again(round)
            .orElseThrow(() -> new LabException("its files do not end it"))
            .inOneLine();
    if (!said.equals(counted)) {
      problems.add(" says '%s', but counted again it is '%s'".formatted(said, counted));
    }
    Terms terms = Terms.read(round);
    if (!terms.base().equals(state.base()) || !terms.target().equals(entry.target())) {
      problems.add(" is not of the base and target that its terms name");
    }
    return problems;
  }

  /** What an entry says of itself, whether it was revoked or not. */
  private static Ruling said(RoundFolder round) {
    List<String> lines = round.read(ENTRY).lines().toList();
    Matcher matcher = HEADING.matcher(lines.getFirst());
    if (!matcher.matches()) {
      throw new LabException(round.file(ENTRY) + " has no heading");
    }
    String reason = lines.stream().skip(1).filter(line -> !line.isBlank()).findFirst().orElse("");
    return new Ruling(Verdict.named(matcher.group(3)), reason);
  }
}
