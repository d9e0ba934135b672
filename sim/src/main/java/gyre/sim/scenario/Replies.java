package gyre.sim.scenario;

import gyre.Cancellation;
import gyre.CancelledException;
import gyre.Deadline;
import gyre.DeadlineExceededException;
import gyre.Fiber;
import gyre.Scope;
import gyre.Source;
import gyre.sim.Host;
import gyre.sim.World;
import gyre.sync.Received;
import gyre.sync.Reply;
import gyre.sync.ReplyFailedException;
import gyre.sync.Sent;
import gyre.sync.SharedChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Fibers of several loops that ask each other, one or two for each answer, of whom some leave. Each
 * question is settled once: by its answer, by a refusal, by the end of whoever was to answer, or
 * because nobody waits for it any more; and nobody waits for a question that is settled.
 */
final class Replies extends Weathered {
  Replies() {
    super("replies", "questions and answers: each settled once, nobody waits for good");
  }

  /** What its answering fiber has made of a question, as opposed to what its reply says. */
  private enum Fate {
    OPEN,
    ANSWERED,
    REFUSED
  }

  private static final class Question {
    final int number;
    final Reply<Integer> reply;

    /** Who waits for the answer at this moment. */
    int askers;

    Fate fate = Fate.OPEN;

    Question(int number, Reply<Integer> reply) {
      this.number = number;
      this.reply = reply;
    }

    void settle(Fate how, boolean isTaken) {
      if (isTaken) {
        check(fate == Fate.OPEN, "question " + number + " is settled twice");
        fate = how;
      } else {
        check(fate != Fate.OPEN || askers == 0, "question " + number + " is refused an answer");
      }
    }
  }

  private static final class Refusal extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  /** Answers some questions, and ends. */
  private static final class Answerer {
    final SharedChannel<Question> questions = SharedChannel.bounded("questions", 4);
    private final Plan plan;
    @Nullable Fiber<?> fiber;

    Answerer(Plan plan) {
      this.plan = plan;
    }

    Fiber<?> fiber() {
      return Objects.requireNonNull(fiber);
    }

    void run() {
      try {
        boolean isWilling = true;
        for (int i = plan.between(1, 12); i > 0 && isWilling; i--) {
          if (questions.receive() instanceof Received.Value<Question>(Question question)) {
            isWilling = handle(question);
          }
        }
      } finally {
        questions.close();
      }
    }

    /** False if it forgets to answer, which only its end tells. */
    private boolean handle(Question question) {
      if (plan.oneIn(2)) {
        workOn(question);
      }
      Reply<Integer> reply = question.reply;
      switch (plan.between(0, 5)) {
        case 0 -> question.settle(Fate.REFUSED, reply.fail(new Refusal()));
        case 1 -> {
          Fiber.sleep(plan.millis(0, 2));
          return false;
        }
        case 2 -> {
          question.settle(Fate.ANSWERED, reply.answer(2 * question.number));
          check(!reply.answer(-1), "question " + question.number + " is answered twice");
        }
        default -> question.settle(Fate.ANSWERED, reply.answer(2 * question.number));
      }
      return true;
    }

    /** Sees whether the work is in vain. */
    private void workOn(Question question) {
      Source gone = question.reply.abandoned();
      Source first = Fiber.awaitFirst(gone, Deadline.in(plan.millis(0, 4)));
      if (first.equals(gone)) {
        check(question.reply.isAbandoned(), "abandoned, and not: " + question.reply);
        check(question.askers == 0, question.askers + " still wait for " + question.reply);
        check(!question.reply.answer(-1), "an answer that nobody wants is taken");
      }
    }
  }

  @Override
  void build(World world, Plan plan) {
    Host host = world.host("host");
    List<Answerer> answerers = new ArrayList<>();
    int loops = plan.between(1, 3);
    for (int loop = 0; loop < loops; loop++) {
      Plan part = plan.part("loop-" + loop);
      int first = 1_000 * (loop + 1);
      host.run(() -> run(answerers, part, first));
    }
  }

  private static void run(List<Answerer> answerers, Plan plan, int first) {
    try (Scope scope = Scope.open("both")) {
      List<Scope> owners = new ArrayList<>();
      for (int i = plan.between(1, 2); i > 0; i--) {
        Answerer answerer = new Answerer(plan.part("answerer-" + i));
        answerer.fiber =
            scope.start(
                "answerer-" + (first + i),
                () -> {
                  try (Scope own = Scope.openIsolated("own")) {
                    owners.add(own);
                    answerer.run();
                  } catch (CancelledException e) {
                    // It was chosen.
                  }
                });
        answerers.add(answerer);
      }
      try (Scope asking = Scope.open("asking")) {
        for (int i = plan.between(1, 4); i > 0; i--) {
          int number = first + 100 * i;
          Plan part = plan.part("asker-" + i);
          asking.start("asker-" + number, () -> askAll(answerers, part, number));
        }
        Fiber.sleep(plan.millis(0, 20));
        if (plan.oneIn(3) && !owners.isEmpty()) {
          owners.getFirst().cancel("by chance");
        }
        asking.join();
      }
      owners.forEach(owner -> owner.cancel("nobody of this loop asks any more"));
      scope.join();
    }
  }

  // ---- asking

  private static void askAll(List<Answerer> answerers, Plan plan, int first) throws Exception {
    for (int i = 0; i < 8; i++) {
      Fiber.sleep(plan.millis(0, 3));
      Answerer answerer = answerers.get(plan.between(0, answerers.size() - 1));
      Question question = new Question(first + i, Reply.from(answerer.fiber()));
      Sent sent = answerer.questions.trySend(question);
      if (sent == Sent.FULL) {
        question.reply.abandon();
      } else {
        askByOneOrTwo(question, plan);
      }
    }
  }

  private static void askByOneOrTwo(Question question, Plan plan) throws Exception {
    try (Scope scope = Scope.open("askers")) {
      for (int i = plan.between(1, 2); i > 0; i--) {
        boolean isPatient = plan.oneIn(2);
        Plan part = plan.part("asker-" + question.number + "-" + i);
        scope.start(() -> {
          if (isPatient) {
            ask(question);
          } else {
            askInTime(question, part);
          }
        });
      }
      scope.join();
    }
  }

  private static void askInTime(Question question, Plan plan) throws Exception {
    try {
      Cancellation.within(plan.millis(1, 6), () -> ask(question));
    } catch (DeadlineExceededException e) {
      Cancellation.current().check();
    }
  }

  private static void ask(Question question) {
    question.askers++;
    try {
      int answer = question.reply.await();
      check(answer == 2 * question.number, question.number + " is answered " + answer);
      check(question.fate == Fate.ANSWERED, "an answer that nobody has given: " + answer);
    } catch (Refusal e) {
      check(question.fate == Fate.REFUSED, question.number + " was not refused");
    } catch (ReplyFailedException e) {
      boolean isGone = String.valueOf(e.getMessage()).contains("ended without");
      boolean isExpected = isGone || (question.fate == Fate.OPEN && isLate(question));
      check(isExpected, "failed: " + e.getMessage());
    } finally {
      question.askers--;
    }
  }

  /** Whether all who waited had left before this one came. */
  private static boolean isLate(Question question) {
    return question.askers == 1 && question.reply.isAbandoned();
  }
}
