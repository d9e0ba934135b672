package gyre.sim.hunt;

import java.time.Duration;
import java.util.Optional;

/**
 * What came of a hunt.
 *
 * @param runs that were finished
 * @param isStopped whether somebody ended it before its time
 */
public record HuntResult(long runs, Duration elapsed, boolean isStopped, Optional<Catch> failure) {}
