package gyre.lab;

/**
 * What looks at a process found.
 *
 * @param text for a terminal
 * @param json the same in one line, for scripts
 */
public record ProfileReport(String text, String json) {}
