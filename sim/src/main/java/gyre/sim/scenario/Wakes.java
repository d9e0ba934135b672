package gyre.sim.scenario;

import gyre.Fiber;
import gyre.Loop;
import gyre.sim.Host;
import gyre.sim.World;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Loops that sleep until another loop has a word for them: they have no timer and no traffic, so a
 * wake-up that is lost is made up for by nothing, and both wait for ever.
 */
final class Wakes extends Weathered {
  Wakes() {
    super("wakes", "loops without timers or traffic: each word of another loop wakes them");
  }

  /** Who waits at one end, and what he was told. */
  private static final class End {
    private final Loop loop;
    private final Fiber<?> fiber;
    private int heard;

    End() {
      this.loop = Loop.current();
      this.fiber = Fiber.current();
    }

    /** From the other loop. */
    void tell() {
      loop.post(() -> {
        heard++;
        fiber.unpark();
      });
    }

    void awaitWord(int number) {
      while (heard < number) {
        Fiber.park();
      }
      check(heard == number, "word " + number + " was heard as " + heard);
    }
  }

  @Override
  void build(World world, Plan plan) {
    Host host = world.host("host");
    int rounds = plan.between(2, 100);
    @Nullable End[] ends = new End[2];
    host.run(() -> ask(ends, rounds, plan));
    host.run(() -> answer(ends, rounds));
  }

  private static void ask(@Nullable End[] ends, int rounds, Plan plan) {
    End own = new End();
    End other = meet(ends, 0, own);
    for (int i = 1; i <= rounds; i++) {
      if (plan.oneIn(2)) {
        Fiber.sleep(plan.millis(0, 1000));
      }
      other.tell();
      own.awaitWord(i);
    }
  }

  private static void answer(@Nullable End[] ends, int rounds) {
    End own = new End();
    End other = meet(ends, 1, own);
    for (int i = 1; i <= rounds; i++) {
      own.awaitWord(i);
      other.tell();
    }
  }

  private static End meet(@Nullable End[] ends, int place, End own) {
    ends[place] = own;
    while (true) {
      End other = ends[1 - place];
      if (other != null) {
        return other;
      }
      Fiber.sleep(Duration.ofMillis(1));
    }
  }
}
