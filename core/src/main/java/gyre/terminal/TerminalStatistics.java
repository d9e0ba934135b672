package gyre.terminal;

/**
 * What a terminal has done so far.
 *
 * @param writtenFrames frames that differed from the one before and were written
 * @param skippedFrames frames that a newer one replaced before the terminal could take them
 * @param writes calls of the system that wrote frames: one for each frame, unless the terminal was
 *     slow
 */
public record TerminalStatistics(long writtenFrames, long skippedFrames, long writes) {}
