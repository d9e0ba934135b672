package gyre.terminal;

/**
 * What a terminal has done so far.
 *
 * @param writtenFrames frames that differed from the one before and were written
 * @param skippedFrames frames that a newer one replaced before the terminal could take them
 */
public record TerminalStatistics(long writtenFrames, long skippedFrames) {}
