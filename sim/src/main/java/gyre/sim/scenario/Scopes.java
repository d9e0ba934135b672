package gyre.sim.scenario;

import gyre.Cancellation;
import gyre.CancelledException;
import gyre.DeadlineExceededException;
import gyre.Fiber;
import gyre.FiberInfo;
import gyre.Loop;
import gyre.Scope;
import gyre.net.UnixStream;
import gyre.sim.World;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Trees of scopes and fibers of which some fail and some are cancelled at random. */
final class Scopes extends Weathered {
  private static final int DEEPEST = 3;

  /** A failure that the scenario wants. */
  private static final class Planned extends RuntimeException {
    private static final long serialVersionUID = 1;

    Planned(String message) {
      super(message);
    }
  }

  Scopes() {
    super("scopes", "trees of scopes: nothing outlives its scope, and no failure is lost");
  }

  @Override
  void build(World world, Plan plan) {
    world
        .host("host")
        .run(() -> {
          for (int round = plan.between(1, 5); round > 0; round--) {
            try {
              tree("tree-" + round, plan.part("tree-" + round), 0);
            } catch (Planned | CancelledException e) {
              // It says so itself, and the model has seen to it.
            }
            checkNothingOpen("tree-" + round);
          }
        });
  }

  private static void tree(String name, Plan plan, int depth) {
    ScopeModel model = new ScopeModel(name);
    @Nullable Throwable told = null;
    try (Scope scope = Scope.open(name)) {
      List<Fiber<?>> siblings = new ArrayList<>();
      for (int i = plan.between(0, 5); i > 0; i--) {
        String fiber = name + "/" + i;
        Plan part = plan.part(fiber);
        List<Fiber<?>> elder = List.copyOf(siblings);
        siblings.add(
            scope.start(
                fiber,
                () -> {
                  model.begins(fiber);
                  try {
                    live(fiber, model, part, depth);
                    awaitSome(elder, part);
                  } finally {
                    if (part.oneIn(4)) {
                      linger(part);
                    }
                    model.ends(fiber);
                  }
                }));
      }
      switch (plan.between(0, 4)) {
        case 0 -> Fiber.sleep(plan.millis(0, 30));
        case 1 -> scope.join(plan.millis(1, 60));
        case 2 -> {
          Fiber.sleep(plan.millis(0, 20));
          scope.cancel(name + " is told to end");
        }
        default -> {
          scope.join();
          checkNoneListed(scope);
        }
      }
    } catch (RuntimeException | Error e) {
      told = e;
      throw e;
    } finally {
      model.closed(told);
    }
  }

  /** When all have ended the loop knows of none any more. */
  private static void checkNoneListed(Scope scope) {
    for (FiberInfo fiber : Loop.current().fibers()) {
      check(
          !fiber.scope().equals(scope.toString()),
          "fiber " + fiber.name() + " has ended, and is still one of scope " + scope);
    }
  }

  private static void live(String name, ScopeModel model, Plan plan, int depth) {
    for (int step = plan.between(0, 6); step > 0; step--) {
      switch (plan.between(0, 6)) {
        case 0 -> Fiber.sleep(plan.millis(0, 10));
        case 1 -> Fiber.yield();
        case 2 -> {
          if (depth < DEEPEST) {
            tree(name, plan.part("step " + step), depth + 1);
          }
        }
        case 3 -> open(plan);
        case 4 -> {
          if (plan.oneIn(3)) {
            throw model.fails(new Planned(name));
          }
        }
        default -> Fiber.start(name + "+", () -> Fiber.sleep(plan.millis(0, 5))).join();
      }
    }
  }

  /** Several may wait for one. */
  private static void awaitSome(List<Fiber<?>> elder, Plan plan) {
    for (Fiber<?> sibling : elder) {
      if (plan.oneIn(2)) {
        try {
          sibling.join();
        } catch (Planned e) {
          check(!sibling.isAlive(), sibling.name() + " has failed, and lives");
        }
      }
    }
  }

  private static void open(Plan plan) {
    Loop.current().after(plan.millis(0, 30), () -> {});
    if (plan.isRough()) {
      return; // what fails here has to be planned
    }
    UnixStream.Pair pair = UnixStream.pair();
    pair.left().write(new byte[] {1});
    check(pair.right().read(ByteBuffer.allocate(1)) == 1, "a pair is not connected");
    if (plan.oneIn(4)) {
      awaitInVain(pair);
    }
  }

  private static void awaitInVain(UnixStream.Pair pair) {
    try {
      Cancellation.within(Duration.ofMillis(100), () -> pair.right().await(1));
    } catch (DeadlineExceededException e) {
      // Nothing came, as it should be.
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  /** What runs in a finally block is waited for. */
  private static void linger(Plan plan) {
    try {
      Cancellation.shield(Duration.ofSeconds(5), () -> Fiber.sleep(plan.millis(0, 20)));
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }
}
