/** What the tools have in common where they read configurations and speak to people. */
@NullMarked
package gyre.insight.text;

import org.jspecify.annotations.NullMarked;
