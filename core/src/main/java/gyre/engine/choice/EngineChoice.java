package gyre.engine.choice;

import gyre.engine.Engine;

/**
 * An open engine.
 *
 * @param explanation one line: its name, and why it is not a better one
 */
public record EngineChoice(Engine engine, String explanation) {}
