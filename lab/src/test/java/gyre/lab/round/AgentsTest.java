package gyre.lab.round;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.lab.LabException;
import gyre.lab.WrongInputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each agent, called as it is called for real, by programs that stand in for the known ones. */
class AgentsTest {
  private static final Agent.Question QUESTION =
      new Agent.Question("propose-a", "What is fast?", Optional.of("some-model"));

  private final Path folder;
  private final Map<String, String> environment = new HashMap<>();

  AgentsTest(@TempDir Path folder) {
    this.folder = folder;
    environment.put("PATH", folder.resolve("bin") + ":" + System.getenv("PATH"));
  }

  private void program(String name, String script) throws IOException {
    Path file = Files.createDirectories(folder.resolve("bin")).resolve(name);
    Files.writeString(file, "#!/bin/sh\n" + script);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private Agent.Answer ask(String agent) {
    environment.put("AGENT", agent);
    return Agents.choose(environment, folder.resolve("files")).ask(QUESTION);
  }

  @Test
  void shouldAskAnyProgram() throws IOException {
    environment.put(
        "AGENT_COMMAND",
        "echo \"answer of $GYRE_MODEL to\" $(cat); echo '{\"tokens_in\": 7, \"cost_usd\": 0.5}'"
            + " >$GYRE_USAGE_FILE");
    Agent.Answer answer = ask("command");
    assertThat(answer.text()).isEqualTo("answer of some-model to What is fast?\n");
    assertThat(answer.usage().tokensIn()).hasValue(7);
    assertThat(answer.usage().tokensOut()).isEmpty();
    assertThat(answer.usage().dollars()).hasValue(0.5);
  }

  @Test
  void shouldSayWhatAProgramThatFailsHasSaid() {
    environment.put("AGENT_COMMAND", "echo no key >&2; exit 4");
    assertThatThrownBy(() -> ask("command"))
        .isInstanceOf(LabException.class)
        .hasMessage("AGENT=command did not answer propose-a: exit code 4: no key");
  }

  @Test
  void shouldReadAnswerAndCountsOfClaude() throws IOException {
    program(
        "claude",
        """
        [ "$*" = "-p --output-format json --model some-model" ] || exit 9
        [ "$(cat)" = "What is fast?" ] || exit 8
        printf '%s%s\\n' '{"type":"result","is_error":false,"result":"less work\\nis","total_cost_usd":0.25,'\\
        '"usage":{"input_tokens":10,"cache_read_input_tokens":90,"output_tokens":5}}'
        """);
    Agent.Answer answer = ask("claude");
    assertThat(answer.text()).isEqualTo("less work\nis");
    assertThat(answer.usage().tokensIn()).hasValue(100);
    assertThat(answer.usage().tokensOut()).hasValue(5);
    assertThat(answer.usage().dollars()).hasValue(0.25);
  }

  @Test
  void shouldReadAnswerAndCountsOfCodex() throws IOException {
    program(
        "codex",
        """
        for word in "$@"; do [ "$before" = --output-last-message ] && file=$word; before=$word; done
        [ "$1 $before" = "exec -" ] || exit 9
        cat >"$file"
        printf '%s%s\\n' '{"type":"turn.completed","usage":{"input_tokens":10,"output_tokens":5}}'
        """);
    Agent.Answer answer = ask("codex");
    assertThat(answer.text()).isEqualTo("What is fast?");
    assertThat(answer.usage().tokensIn()).hasValue(10);
    assertThat(answer.usage().dollars()).isEmpty();
  }

  @Test
  void shouldTakeAnswersOfAiderWithoutCounts() throws IOException {
    program("aider", "while [ $# -gt 1 ]; do [ $1 = --message-file ] && cat $2; shift; done\n");
    Agent.Answer answer = ask("aider");
    assertThat(answer.text()).isEqualTo("What is fast?");
    assertThat(answer.usage()).isEqualTo(Agent.Usage.UNKNOWN);
  }

  @Test
  void shouldSayWhatIsNotThereOrNotWired() {
    environment.put("PATH", folder.toString());
    assertThatThrownBy(() -> ask("claude"))
        .isInstanceOf(LabException.class)
        .hasMessageContaining("there is no program 'claude' on the PATH");
    assertThatThrownBy(() -> ask("oracle"))
        .isInstanceOf(WrongInputException.class)
        .hasMessageContaining("AGENT=oracle is not wired; there are: replay, command");
    assertThatThrownBy(() -> ask("command"))
        .isInstanceOf(WrongInputException.class)
        .hasMessageContaining("AGENT=command needs AGENT_COMMAND");
    assertThatThrownBy(() -> ask("replay"))
        .isInstanceOf(WrongInputException.class)
        .hasMessageContaining("AGENT=replay needs AGENT_REPLAY");
  }
}
