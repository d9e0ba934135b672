/**
 * Terminals as events of the loop: keys, mouse, size in; frames of a screen out.
 *
 * <p>{@link gyre.terminal.Terminal} is the handle. What it is made of can be used and tested alone:
 * {@link gyre.terminal.InputDecoder} turns bytes into events, {@link gyre.terminal.Screen} holds
 * cells, {@link gyre.terminal.FrameEncoder} turns what changed on it into bytes.
 */
@NullMarked
package gyre.terminal;

import org.jspecify.annotations.NullMarked;
