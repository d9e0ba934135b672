package gyre.sim.hunt;

import java.time.Duration;
import java.util.Optional;

/**
 * What came of a hunt.
 *
 * @param runs that were finished
 * @param unfinished runs that were under way when it was over, and were not waited for
 * @param isStopped whether somebody ended it before its time
 */
public record HuntResult(
    long runs, int unfinished, Duration elapsed, boolean isStopped, Optional<Catch> failure) {}
