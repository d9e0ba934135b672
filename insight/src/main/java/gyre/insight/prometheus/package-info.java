/** Figures in the text format of Prometheus. */
@NullMarked
package gyre.insight.prometheus;

import org.jspecify.annotations.NullMarked;
