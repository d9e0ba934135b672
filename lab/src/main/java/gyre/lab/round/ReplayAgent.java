package gyre.lab.round;

import gyre.lab.LabException;
import gyre.lab.WrongInputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Answers from files, so that a round can be run without asking anybody: {@code NAME.md} each. */
final class ReplayAgent implements Agent {
  private final Path folder;

  ReplayAgent(Path folder) {
    if (!Files.isDirectory(folder)) {
      throw new WrongInputException("there is no folder " + folder + " with answers to replay");
    }
    this.folder = folder;
  }

  @Override
  public Answer ask(Question question) {
    Path file = folder.resolve(question.name() + ".md");
    try {
      return new Answer(Files.readString(file), "replay", Usage.UNKNOWN);
    } catch (IOException e) {
      throw new LabException(
          "no answer to replay for " + question.name() + ": " + file + " cannot be read", e);
    }
  }

  @Override
  public String label() {
    return "replay";
  }
}
