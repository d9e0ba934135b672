/** The same results as a table, JSON, Markdown, charts and a page. */
@NullMarked
package gyre.lab.report;

import org.jspecify.annotations.NullMarked;
