package gyre.sim;

import java.util.List;
import java.util.Map;

/**
 * How a simulated program was started.
 *
 * @param process its number
 * @param arguments without the name of the program
 * @param environment all of it: with that of this JVM, unless the command cleared it
 * @param directory where it works
 */
public record Invocation(
    int process, List<String> arguments, Map<String, String> environment, String directory) {}
