package gyre.sim.junit;

import gyre.sim.WorldEngine;
import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.TestTemplate;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A test that runs once for each of many seeds, up to the first one that fails.
 *
 * <pre>{@code
 * @SimulationTest(seeds = 1000)
 * void shouldEcho(Simulation simulation) {
 *   simulation.faults(Faults.timing()).world(world -> ...).run();
 * }
 * }</pre>
 *
 * <p>A failure is made smaller by running the method again on the same instance with fewer faults,
 * and is told with what is needed to have it again. So what a run changes should be local to the
 * method. The methods around it ({@code @BeforeEach} and the like) are not run again for that.
 *
 * <p>System properties:
 *
 * <table>
 *   <caption>They win over what is said here.</caption>
 *   <tr><td>{@code gyre.sim.seed=4711}<td>runs that seed alone
 *   <tr><td>{@code gyre.sim.only=3,17}<td>with these faults alone, as a failure reports; {@code
 *       none} for none
 *   <tr><td>{@code gyre.sim.kinds=RESET,LOSS}<td>with these kinds of faults alone
 *   <tr><td>{@code gyre.sim.engine=io_uring}<td>the engine of every such test: {@code sim}, {@code
 *       io_uring} or {@code epoll}
 *   <tr><td>{@code gyre.sim.trace=FILE}<td>writes the whole trace of a failure
 *   <tr><td>{@code gyre.sim.seeds=100}<td>the number of seeds of every such test
 *   <tr><td>{@code gyre.sim.from=5000}<td>the first seed of every such test
 * </table>
 */
@Documented
@Target({ElementType.METHOD, ElementType.ANNOTATION_TYPE})
@Retention(RetentionPolicy.RUNTIME)
@TestTemplate
@ExtendWith(SimulationExtension.class)
@SuppressWarnings("exports") // whoever uses it has JUnit
public @interface SimulationTest {
  /** How many. */
  long seeds() default 100;

  /** The first one. */
  long from() default 1;

  /** Which engine the loops have: the simulation's, or a real one above a kernel that is played. */
  WorldEngine engine() default WorldEngine.SIM;

  /** Runs each seed twice, and fails if the two runs differ in anything that happens. */
  boolean check() default false;
}
