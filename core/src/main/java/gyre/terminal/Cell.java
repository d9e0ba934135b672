package gyre.terminal;

/**
 * What one cell of a {@link Screen} holds.
 *
 * @param text one character, with what combines with it; empty for the right half of a wide one
 * @param width the columns it takes: 1 or 2, and 0 for the right half of a wide one
 */
public record Cell(String text, Style style, int width) {}
