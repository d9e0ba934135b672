/** The {@code gyre} command: one class per subcommand, no logic of its own. */
@NullMarked
package gyre.cli;

import org.jspecify.annotations.NullMarked;
