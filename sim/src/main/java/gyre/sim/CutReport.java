package gyre.sim;

import java.util.List;

/**
 * What {@link CancelEverywhere} has done: for tests that want to know that they test something.
 *
 * @param runs how many there were with a cut in them
 * @param parks how many parks were to be cut, of all seeds, cuts and moments
 * @param struck how many runs were cut: in the others the fiber was not woken from that park, or
 *     was in no handle that could be closed
 * @param places what fibers were doing that were cut, without numbers: each once
 */
public record CutReport(long runs, long parks, long struck, List<String> places) {}
